import { expand, type Case } from '../../src/conformance/model.ts';
import { METHODS, RPC_KINDS, TRANSPORTS, repliesTo, requestsFor } from '../requests.ts';
import { framed } from '../plain-grpc.ts';
import { FACTS, SERVICE, answered } from './facts.ts';
import { routeTimeout } from './sabotages.ts';

const DEADLINE_MS = 8_000;
/** grpc-js sends what is left when the connection stands: the handshake has been taken off. */
const HANDSHAKE_MS = 1_500;

const given = expand(
  { deadline: ['given', 'none'], transport: TRANSPORTS, kind: RPC_KINDS },
  ({ deadline, transport, kind }): Case => {
    const { rpc, ledger, gateway } = answered(transport);
    const none = deadline === 'none';
    return {
      name: 'fidelity/deadline',
      ...FACTS,
      title: none
        ? `A ${kind} RPC without a deadline has none for the server.`
        : `The server of a ${kind} RPC is told the time that the client has left.`,
      invocation: {
        client: 'grpc-js',
        transport,
        method: METHODS.greeter[kind],
        requests: requestsFor(kind, 1, 100),
        ...(none ? {} : { deadlineMs: DEADLINE_MS }),
      },
      expectation: {
        rpc: { ...rpc, ...(kind === 'server-stream' ? {} : repliesTo(kind, 1, 100)) },
        ledger: {
          ...ledger,
          deadlineMs: none ? null : { min: DEADLINE_MS - HANDSHAKE_MS, max: DEADLINE_MS },
        },
        gateway,
      },
      sabotages: [routeTimeout('grpc-timeout in ms')],
    };
  },
);

/** grpc-timeout in each of its units (gRPC PROTOCOL-HTTP2.md), by a client that writes it as it likes. */
const UNITS = {
  hours: { value: '1H', ms: 3_600_000 },
  minutes: { value: '1M', ms: 60_000 },
  seconds: { value: '8S', ms: 8_000 },
  milliseconds: { value: '8000m', ms: 8_000 },
  microseconds: { value: '8000000u', ms: 8_000 },
} as const;

const units = expand(
  { unit: Object.keys(UNITS) as (keyof typeof UNITS)[], transport: TRANSPORTS },
  ({ unit, transport }): Case => {
    const { value, ms } = UNITS[unit];
    const invocation = framed(transport, '2');
    return {
      name: 'fidelity/deadline/unit',
      ...FACTS,
      title: `A grpc-timeout of ${value} is the same time for the server.`,
      invocation: { ...invocation, headers: { ...invocation.headers, 'grpc-timeout': value } },
      expectation: {
        http: { status: 200, trailers: { 'grpc-status': '0' }, error: '' },
        ledger: { attempts: 1, service: SERVICE, deadlineMs: ms },
        gateway: answered(transport).gateway,
      },
      sabotages: [routeTimeout('grpc-timeout in ms: expected')],
    };
  },
);

export const deadlineCases: readonly Case[] = [...given, ...units];
