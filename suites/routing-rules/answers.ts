import type { StatusName } from '../../src/clients/grpc-status.ts';
import type { RpcExpectation } from '../../src/conformance/expectation.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { TRANSPORTS } from '../requests.ts';
import { FACTS, asks, withField, without, withoutField, type RouteName } from './facts.ts';

interface Answer {
  readonly route: RouteName;
  readonly status: StatusName;
  readonly details: RpcExpectation['details'];
  readonly grpcStatus: number;
  readonly flags: string | null;
  readonly by: string;
}

/** What the gateway answers by itself, and how its log tells them apart. HTTP's 503 is 14 and its 403 is 7 to gRPC. */
const ANSWERS = {
  direct: {
    route: 'answered-by-the-gateway',
    status: 'UNAVAILABLE',
    details: '',
    grpcStatus: 14,
    flags: null,
    by: 'direct_response',
  },
  abort: {
    route: 'aborted',
    status: 'RESOURCE_EXHAUSTED',
    details: 'fault filter abort',
    grpcStatus: 8,
    flags: 'FI',
    by: 'fault_filter_abort',
  },
  'abort-http': {
    route: 'aborted-by-http',
    status: 'PERMISSION_DENIED',
    details: 'fault filter abort',
    grpcStatus: 7,
    flags: 'FI',
    by: 'fault_filter_abort',
  },
} as const satisfies Record<string, Answer>;

const byGateway = expand(
  { answer: Object.keys(ANSWERS) as (keyof typeof ANSWERS)[], transport: TRANSPORTS },
  ({ answer, transport }): Case => {
    const { route, status, details, grpcStatus, flags, by } = ANSWERS[answer];
    return {
      name: 'routing/by-gateway',
      ...FACTS,
      title: `The route ${route} has the gateway answer ${status} by itself, and no service is reached.`,
      invocation: asks(transport, { 'x-change': answer }),
      expectation: {
        rpc: { status, details, count: 0, servedBy: null },
        ledger: { attempts: 0 },
        gateway: {
          ...wayIn(transport),
          grpcStatus,
          responseFlags: flags,
          responseCodeDetails: by,
          routeName: route,
          upstreamHost: null,
        },
      },
      sabotages: [
        without(route, `grpc-status: expected ${status}, got OK`),
        answer === 'direct'
          ? withField(
              'another status answered',
              route,
              '/directResponse/status',
              404,
              'grpc-status: expected UNAVAILABLE, got UNIMPLEMENTED',
            )
          : withField(
              `no fault on ${route}`,
              route,
              '/fault/abort/percentage/value',
              0,
              `grpc-status: expected ${status}, got OK`,
            ),
      ],
    };
  },
);

const delayed = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'routing/delayed',
  ...FACTS,
  title: 'A delay that is injected is waited for, and the RPC is answered after it.',
  invocation: asks(transport, { 'x-change': 'delay' }),
  expectation: {
    rpc: {
      status: 'OK',
      count: 1,
      servedBy: { service: 'grpc-service' },
    },
    ledger: { attempts: 1, service: 'grpc-service' },
    gateway: {
      ...wayIn(transport),
      ...routedTo('grpc-service'),
      responseFlags: 'DI',
      routeName: 'delayed',
      durationMs: { min: 990 },
    },
  },
  sabotages: [
    withoutField('no delay', 'delayed', '/fault', 'access log responseFlags: expected DI, got nothing'),
  ],
}));

export const answerCases: readonly Case[] = [...byGateway, ...delayed];
