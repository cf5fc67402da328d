import { expand, type Case } from '../../src/conformance/model.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { METHODS, TRANSPORTS } from '../requests.ts';
import { noConnectionLimit, clientInstead, serverInstead } from './sabotages.ts';

const NO_ERROR = 0;
const INTERNAL_ERROR = 2;
const CANCEL = 8;
/** What a gateway gives a try up with: by version, and by who is the gateway. */
const GIVES_UP = [NO_ERROR, INTERNAL_ERROR, CANCEL];

/** Who cancels says so on its own leg, and the gateway passes it on, in its own words. */
const cancelled = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'on-the-wire/cancelled',
  row: 'S11',
  title: 'A client that cancels sends RST_STREAM(CANCEL), and the gateway resets its stream to the server.',
  configuration: 'catch-all',
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS.greeter['server-stream'],
    script: { steps: [{ messages: {} }, { wait: 2_000 }, { status: 'OK' }] },
    cancelAfterMessages: 1,
    deadlineMs: 10_000,
  },
  expectation: {
    rpc: { status: 'CANCELLED', count: 1 },
    ledger: { attempts: 1, service: 'grpc-service', cancelled: true },
    gateway: { ...wayIn(transport), responseFlags: /^D[CR]$/ },
    frames: {
      client: { resets: [{ by: 'client', code: CANCEL }], responseEnds: 'never' },
      backend: { resets: [{ by: 'gateway', code: GIVES_UP }], responseEnds: 'never' },
    },
  },
  sabotages: [
    clientInstead(
      'a client that stays to the end',
      { cancelAfterMessages: 99 },
      'RST_STREAM on the client leg: expected CANCEL (8) from the client, got none',
    ),
  ],
}));

/**
 * Gateway and client have the same deadline, and whose timer is first is a race (envoyproxy/envoy#10184): the client's
 * leg may end in a reset, in trailers, or in both. What is certain is that the server's stream is not left behind.
 */
const deadline = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'on-the-wire/deadline',
  row: 'S11',
  title: 'When the deadline has passed the gateway resets its stream to the server.',
  configuration: 'catch-all',
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS.greeter.unary,
    script: { steps: [{ wait: 2_000 }, { status: 'OK' }], ignoreDeadline: true },
    connectFirst: true,
    deadlineMs: 700,
  },
  expectation: {
    rpc: {
      status: 'DEADLINE_EXCEEDED',
      tolerated: [
        {
          status: 'UNAVAILABLE',
          // A switch for DEADLINE_EXCEEDED came with 1.38 (envoyproxy/envoy#44479), and is off in 1.40 as measured.
          because: 'envoyproxy/envoy#10184: the gateway was first',
          envoy: '<=1.40',
        },
      ],
      count: 0,
    },
    ledger: { attempts: 1, service: 'grpc-service', cancelled: true },
    gateway: wayIn(transport),
    frames: { backend: { streams: 1, resets: [{ by: 'gateway', code: GIVES_UP }], responseEnds: 'never' } },
  },
  sabotages: [
    clientInstead(
      'a client that has time',
      { deadlineMs: 10_000 },
      'RST_STREAM on the backend leg: expected NO_ERROR (0) or INTERNAL_ERROR (2) or CANCEL (8) from the gateway, got none',
    ),
  ],
}));

/** A server that shuts down in order announces it; the RPC under way ends well, and the client hears nothing of it. */
const goaway = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'on-the-wire/goaway-by-server',
  row: 'S11',
  title: 'A GOAWAY of the server lets the RPC under way end well, and stays between it and the gateway.',
  configuration: 'catch-all',
  // The gateway's connection carries other cases' streams too, which the frame would disown.
  alone: true,
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS.greeter.unary,
    script: {
      steps: [{ goaway: NO_ERROR, lastStream: 'this' }, { wait: 50 }, { messages: {} }, { status: 'OK' }],
    },
    deadlineMs: 10_000,
  },
  expectation: {
    rpc: { status: 'OK', count: 1 },
    ledger: { attempts: 1, service: 'grpc-service' },
    gateway: { ...wayIn(transport), ...routedTo('grpc-service') },
    frames: {
      client: { resets: [], responseEnds: 'trailers' },
      backend: { streams: 1, resets: [], responseEnds: 'trailers' },
      goaways: [{ leg: 'backend', by: 'backend', code: NO_ERROR }],
    },
  },
  sabotages: [
    serverInstead(
      'a server that stays',
      { steps: [{ messages: {} }, { status: 'OK' }] },
      'GOAWAY on the backend leg: expected from the backend with NO_ERROR (0), got none',
    ),
  ],
}));

/** A limit on the age of connections is told by GOAWAY(NO_ERROR), under streams that live on. */
const oldConnection = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'on-the-wire/max-connection-duration',
  row: 'S11',
  title: 'A connection past its limit gets GOAWAY(NO_ERROR), and its stream ends as if nothing had been.',
  configuration: 'streaming-connection-limit',
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS['streaming-service']['server-stream'],
    script: { steps: [{ messages: { count: 5, intervalMs: 500 } }, { status: 'OK' }] },
    deadlineMs: 10_000,
  },
  expectation: {
    rpc: { status: 'OK', count: 5, inOrder: true },
    ledger: { attempts: 1, service: 'streaming-service' },
    gateway: { ...wayIn(transport), ...routedTo('streaming-service') },
    frames: {
      client: { resets: [], responseEnds: 'trailers' },
      backend: { resets: [], responseEnds: 'trailers' },
      goaways: [{ leg: 'client', by: 'gateway', code: NO_ERROR }],
    },
  },
  sabotages: [
    noConnectionLimit('GOAWAY on the client leg: expected from the gateway with NO_ERROR (0), got'),
  ],
}));

export const cases: readonly Case[] = [...cancelled, ...deadline, ...goaway, ...oldConnection];
