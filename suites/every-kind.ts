import type { RpcKind } from '../src/clients/protos.ts';
import type { Transport } from '../src/clients/target.ts';
import type { GrpcJsInvocation } from '../src/clients/invocation.ts';
import type {
  GatewayExpectation,
  LedgerExpectation,
  RpcExpectation,
} from '../src/conformance/expectation.ts';
import { requestsSeen, routedTo, wayIn } from './expectations.ts';
import { METHODS, repliesTo, requestsFor } from './requests.ts';

const REQUESTS = 3;
const PAYLOAD = 100;

/** An RPC of any kind to the Greeter, answered as it is without a script, by the word of every witness. */
export function answeredByGreeter(
  kind: RpcKind,
  transport: Transport,
): {
  readonly invocation: GrpcJsInvocation;
  readonly expectation: {
    readonly rpc: RpcExpectation;
    readonly ledger: LedgerExpectation;
    readonly gateway: GatewayExpectation;
  };
} {
  const requests = requestsFor(kind, REQUESTS, PAYLOAD);
  return {
    invocation: {
      client: 'grpc-js',
      transport,
      method: METHODS.greeter[kind],
      requests,
      deadlineMs: 10_000,
    },
    expectation: {
      rpc: { status: 'OK', ...repliesTo(kind, REQUESTS, PAYLOAD), servedBy: { service: 'grpc-service' } },
      ledger: {
        attempts: 1,
        service: 'grpc-service',
        ...requestsSeen(requests.length),
        halfClosed: true,
      },
      gateway: { ...wayIn(transport), ...routedTo('grpc-service') },
    },
  };
}
