import type { Transport } from '../../src/clients/target.ts';
import type { Script } from '../../src/clients/script.ts';
import { expand, type Case, type Sabotage } from '../../src/conformance/model.ts';
import type { GatewayExpectation, RpcExpectation } from '../../src/conformance/expectation.ts';
import type { TimerName } from '../../src/conformance/slack.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { METHODS, TRANSPORTS, requestsFor } from '../requests.ts';
import { falseSilence, limitRemoved, routeTimeoutRemoved } from './sabotages.ts';
import { STREAMS, STREAM_LIMIT_MS, longStream } from './streams.ts';

/**
 * What each timer does to a stream that lives longer: the signature by which it is told from the others. The other
 * cases of the row show that none of them is there.
 */
interface Timer {
  readonly configuration: string;
  readonly slack: TimerName;
  readonly gateway: GatewayExpectation;
  /** What the client gets when no response headers were sent yet. */
  readonly beforeHeaders: Pick<RpcExpectation, 'status' | 'details'>;
  readonly sabotage: (caughtBy: string) => Sabotage;
}

/** What all of them are set to. */
const TIMER_MS = 1_000;
const TIMERS = {
  idle: {
    configuration: 'streaming-idle-limit',
    slack: 'stream idle timeout',
    gateway: { responseFlags: 'SI', responseCodeDetails: 'stream_idle_timeout' },
    // For a request that has arrived whole; see below for one that has not.
    beforeHeaders: { status: 'UNAVAILABLE', details: 'stream timeout' },
    sabotage: limitRemoved('stream-idle-timeout', 'stream_idle_timeout'),
  },
  duration: {
    configuration: 'streaming-duration-limit',
    slack: 'max stream duration',
    // Envoy has a flag for this, DT, and does not set it.
    gateway: { responseFlags: null, responseCodeDetails: 'max_duration_timeout' },
    beforeHeaders: { status: 'DEADLINE_EXCEEDED', details: 'downstream duration timeout' },
    sabotage: limitRemoved('max-stream-duration', 'common_http_protocol_options'),
  },
  route: {
    configuration: 'streaming-timeout',
    slack: 'route timeout',
    gateway: { responseFlags: 'UT', responseCodeDetails: 'response_timeout' },
    beforeHeaders: { status: 'UNAVAILABLE', details: 'upstream request timeout' },
    sabotage: routeTimeoutRemoved,
  },
} as const satisfies Record<string, Timer>;
const NAMES = ['idle', 'duration', 'route'] as const;

/** One message, and then silence; the server does not end it by itself. */
const SILENT: Script = { steps: [{ messages: {} }, { wait: 2_000 }, { status: 'OK' }], ignoreDeadline: true };
const MUTE: Script = { steps: [{ wait: 2_000 }, { status: 'OK' }], ignoreDeadline: true };

const cut = expand(
  { transport: TRANSPORTS, timer: NAMES, stage: ['before-headers', 'after-message'] },
  ({ transport, timer: name, stage }): Case => {
    const timer: Timer = TIMERS[name];
    const before = stage === 'before-headers';
    const ended = { by: timer.slack, atMs: TIMER_MS } as const;
    const reset = (code: number): RpcExpectation => ({
      status: 'INTERNAL',
      details: new RegExp(`^Received RST_STREAM with code ${code}`),
      count: 1,
      ended,
    });
    return {
      name: 'streaming/timer',
      row: 'S5',
      title: `The ${timer.slack} alone ends a stream ${stage.replace('-', ' ')}, and the gateway says that it was this one.`,
      configuration: timer.configuration,
      invocation: {
        client: 'grpc-js',
        transport,
        method: METHODS['streaming-service']['server-stream'],
        requests: requestsFor('server-stream', 1, 0),
        connectFirst: true,
        script: before ? MUTE : SILENT,
        // PINGs are the connection's: to a stream they are no sign of life.
        channelOptions: { 'grpc.keepalive_time_ms': 300, 'grpc.keepalive_permit_without_calls': 1 },
      },
      expectation: {
        rpc: before ? { ...timer.beforeHeaders, count: 0, ended } : reset(0),
        ledger: { attempts: 1, service: 'streaming-service', cancelled: true },
        gateway: { ...wayIn(transport), ...timer.gateway },
      },
      // NO_ERROR was what Envoy reset with up to 1.36, INTERNAL_ERROR since (envoy changelogs/1.37.0).
      ...(before
        ? {}
        : {
            sinceEnvoy: { '1.37': { rpc: reset(2) } },
            differs: {
              by: 'reset-code',
              before: 'RST_STREAM with NO_ERROR',
              since: 'RST_STREAM with INTERNAL_ERROR',
            },
          }),
      sabotages: [timer.sabotage(before ? 'got OK' : 'grpc-status: expected INTERNAL, got OK')],
    };
  },
);

/** HTTP status 408 instead of 504: the client is held to be the slow one. */
const unfinished = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'streaming/timer/idle-unfinished-request',
  row: 'S5',
  title: 'The idle timer ends a silent RPC whose client has not half-closed with UNKNOWN.',
  configuration: TIMERS.idle.configuration,
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS['streaming-service'].bidi,
    requests: requestsFor('bidi', 1, 0),
    halfClose: 'after-status',
    connectFirst: true,
    script: MUTE,
  },
  expectation: {
    rpc: {
      status: 'UNKNOWN',
      details: 'stream timeout',
      count: 0,
      ended: { by: 'stream idle timeout', atMs: TIMER_MS },
    },
    ledger: { attempts: 1, service: 'streaming-service', halfClosed: false },
    gateway: { ...wayIn(transport), ...TIMERS.idle.gateway },
  },
  // Before, the gateway's reset is one with NO_ERROR, which the server takes for a cancellation at times only.
  sinceEnvoy: {
    '1.37': { ledger: { attempts: 1, service: 'streaming-service', halfClosed: false, cancelled: true } },
  },
  sabotages: [TIMERS.idle.sabotage('grpc-status: expected UNKNOWN, got OK')],
}));

const kept = (transport: Transport): GatewayExpectation => ({
  ...wayIn(transport),
  ...routedTo('streaming-service'),
});

/** Each message, in either direction, begins the time of silence anew. */
const postponed = expand({ transport: ['tls'], kind: STREAMS }, ({ transport, kind }): Case => {
  const { invocation, rpc, ledger } = longStream(kind, 'busy');
  return {
    name: 'streaming/timer/idle-postponed',
    row: 'S5',
    title: `A busy ${kind} RPC outlives the idle timer of its gateway.`,
    configuration: 'streaming-idle-limit',
    limitMs: STREAM_LIMIT_MS,
    invocation: { client: 'grpc-js', transport, ...invocation },
    expectation: { rpc, ledger, gateway: kept(transport) },
    sabotages: [falseSilence(kind)],
  };
});

/** A timeout on the route begins to count when the client has half-closed, and not before. */
const openRequest = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'streaming/timer/route-not-begun',
  row: 'S5',
  title:
    'A timeout on the route does not end a bidi RPC whose client is still sending; it tells the server of it.',
  configuration: 'streaming-timeout',
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS['streaming-service'].bidi,
    requests: requestsFor('bidi', 2, 100),
    halfClose: 'after-status',
    script: {
      steps: [{ echo: 2 }, { wait: 2_000 }, { messages: { payloadBytes: 100 } }, { status: 'OK' }],
      ignoreDeadline: true,
    },
  },
  expectation: {
    rpc: {
      status: 'OK',
      count: 3,
      inOrder: true,
      payloadBytes: 100,
      servedBy: { service: 'streaming-service' },
    },
    ledger: {
      attempts: 1,
      service: 'streaming-service',
      deadlineMs: 1_000,
      halfClosed: false,
      cancelled: false,
    },
    gateway: kept(transport),
  },
  sabotages: [
    routeTimeoutRemoved('grpc-timeout in ms: expected 1000, got nothing'),
    {
      name: 'a client that half-closes at once',
      change: { invocation: { halfClose: 'after-last-request' } },
      caughtBy: 'access log responseFlags: expected nothing, got UT',
    },
  ],
}));

export const cases: readonly Case[] = [...cut, ...unfinished, ...postponed, ...openRequest];
