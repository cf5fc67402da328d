import { expand, type Case } from '../../src/conformance/model.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { METHODS, TRANSPORTS, requestsFor } from '../requests.ts';
import { changeCases } from './changes.ts';
import { pressureCases } from './pressure.ts';
import { replacementCases } from './replacements.ts';
import { idleTimeout, limitRemoved, maxStreamDuration, routeTimeout } from './sabotages.ts';
import { PACES, STREAMS, STREAM_LIMIT_MS, STREAM_MS, longStream } from './streams.ts';
import { cases as timers } from './timers.ts';

const SERVICE = 'streaming-service';
/** What the gateway says of a stream that it has cut. There is no flag for max_stream_duration. */
const CUT = {
  byTimeout: 'access log responseFlags: expected nothing, got UT',
  bySilence: 'access log responseFlags: expected nothing, got SI',
  byDuration: 'access log responseCodeDetails: expected via_upstream, got max_duration_timeout',
} as const;
/** A timeout on the route reaches the server as a deadline, and one that keeps it is the first to end the stream. */
const TOLD_A_DEADLINE = 'grpc-timeout in ms: expected nothing, got 1000';
const lasted = { durationMs: { min: STREAM_MS - 250 } } as const;

const long = expand(
  { transport: TRANSPORTS, kind: STREAMS, pace: PACES },
  ({ transport, kind, pace }): Case => {
    const { invocation, rpc, ledger } = longStream(kind, pace);
    return {
      name: 'streaming/long',
      row: 'S5',
      title: `A ${pace} ${kind} RPC lasts as long as its two ends like, and ends with all it had to say.`,
      configuration: 'streaming',
      limitMs: STREAM_LIMIT_MS,
      invocation: { client: 'grpc-js', transport, ...invocation },
      expectation: { rpc, ledger, gateway: { ...wayIn(transport), ...routedTo(SERVICE), ...lasted } },
      sabotages: [
        maxStreamDuration(CUT.byDuration),
        routeTimeout(kind === 'server-stream' ? CUT.byTimeout : TOLD_A_DEADLINE),
        ...(pace === 'quiet' ? [idleTimeout(CUT.bySilence)] : []),
      ],
    };
  },
);

/** The server ends the RPC while the client has not half-closed: OK, trailers and all messages arrive all the same. */
const endedByServer = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'streaming/ended-by-server',
  row: 'S5',
  title: 'A bidi RPC that its server ends, with the client’s side still open, loses nothing.',
  configuration: 'streaming',
  limitMs: STREAM_LIMIT_MS,
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS['streaming-service'].bidi,
    requests: requestsFor('bidi', 3, 500),
    halfClose: 'after-status',
    script: {
      steps: [
        { echo: 3 },
        { wait: STREAM_MS },
        { messages: { count: 2, payloadBytes: 500 } },
        { status: 'OK', trailers: { 'x-stream': 'whole' } },
      ],
    },
  },
  expectation: {
    rpc: {
      status: 'OK',
      count: 5,
      inOrder: true,
      payloadBytes: 500,
      trailers: { 'x-stream': 'whole' },
      servedBy: { service: SERVICE },
    },
    ledger: {
      attempts: 1,
      service: SERVICE,
      deadlineMs: null,
      received: 3,
      inOrder: true,
      halfClosed: false,
      cancelled: false,
    },
    gateway: { ...wayIn(transport), ...routedTo(SERVICE), ...lasted },
  },
  sabotages: [maxStreamDuration(CUT.byDuration), idleTimeout(CUT.bySilence), routeTimeout(TOLD_A_DEADLINE)],
}));

const configured: Case = {
  name: 'streaming/configuration/no-timeout',
  row: 'S5',
  title: 'A route without a timeout has the timeout 0s at Envoy, not Envoy’s own default of 15 s.',
  configuration: 'streaming',
  invocation: { client: 'configuration' },
  expectation: {
    configuration: [{ question: { ask: 'route timeout', virtualService: 'grpc-streaming' }, answer: '0s' }],
  },
  sabotages: [routeTimeout('expected 0s, got 1s')],
};

/** The second RPC starts when the first one's connection is past its limit, and the first one is not over. */
const connectionLimit = expand({ transport: TRANSPORTS, kind: STREAMS }, ({ transport, kind }): Case => {
  const { invocation, rpc, ledger } = longStream(kind, 'busy');
  return {
    name: 'streaming/connection-limit',
    row: 'S5',
    title: `A ${kind} RPC lives on when its connection is past its limit; the next one takes a new connection.`,
    configuration: 'streaming-connection-limit',
    limitMs: STREAM_LIMIT_MS,
    invocation: { client: 'grpc-js', transport, ...invocation, calls: 2, callIntervalMs: 1_500 },
    expectation: {
      rpc,
      ledger,
      gateway: { ...wayIn(transport), ...routedTo(SERVICE), ...lasted },
      connections: 2,
    },
    sabotages: [
      limitRemoved(
        'max-connection-duration',
        'common_http_protocol_options',
      )("client's connections: expected 2, got 1"),
    ],
  };
});

export const cases: readonly Case[] = [
  ...long,
  ...endedByServer,
  configured,
  ...connectionLimit,
  ...timers,
  ...pressureCases,
  ...changeCases,
  ...replacementCases,
];
