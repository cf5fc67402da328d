import type { Script } from '../../src/clients/script.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { onConnectionManager } from '../envoy-filters.ts';
import { replies, routedTo, wayIn } from '../expectations.ts';
import { jsonPatch } from '../patches.ts';
import { METHODS, TRANSPORTS, requestsFor } from '../requests.ts';
import { idleTimeout, maxStreamDuration } from './sabotages.ts';
import { STREAM_LIMIT_MS, STREAM_MS } from './streams.ts';

const SERVICE = 'streaming-service';
const KIB = 1024;
const FACTS = { row: 'S5', configuration: 'streaming' } as const;

/** One RPC of the kind, by a client that is to be told apart from others by how it reads. */
const subscribes = (transport: (typeof TRANSPORTS)[number], script: Script) =>
  ({
    client: 'grpc-js',
    transport,
    method: METHODS[SERVICE]['server-stream'],
    requests: requestsFor('server-stream', 1, 0),
    script,
  }) as const;

const STREAMS = 1_100;
/** Milliseconds: all of them are there before the first one ends. */
const HELD = 2_500;

/** Envoy lets a client's connection have 1024 streams at once (since 1.36); what is beyond waits in the client. */
const many = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'streaming/many',
  ...FACTS,
  title: `${STREAMS} streams of one connection that begin at once all end well, more than any default of Envoy's allows.`,
  invocation: {
    ...subscribes(transport, { steps: [{ headers: {} }, { wait: HELD }, { messages: { count: 2 } }] }),
    calls: STREAMS,
    callIntervalMs: 0,
    connectFirst: true,
  },
  alone: true,
  limitMs: 90_000,
  expectation: {
    rpc: { status: 'OK', ...replies(2), servedBy: { service: SERVICE } },
    gateway: { ...wayIn(transport), ...routedTo(SERVICE) },
    connections: 1,
  },
  sabotages: [
    {
      name: 'the limit of requests that Envoy would have',
      change: {
        objects: [
          `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: envoys-own, namespace: default }
spec: { host: ${SERVICE}, trafficPolicy: { connectionPool: { http: { http2MaxRequests: 1000 } } } }`,
        ],
      },
      caughtBy: 'expected OK, got UNAVAILABLE',
    },
  ],
}));

/** Envoy's own limit of the streams of one connection. */
const AT_ONCE = 1_024;
const MORE = 8;

/**
 * The client that obeys SETTINGS_MAX_CONCURRENT_STREAMS does not even begin those beyond it (RFC 9113, section 5.1.2).
 * All that are there stay open until the last of them has its response headers: so what the server had at once is the
 * limit, and what came besides has waited for a place.
 */
const waiting = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'streaming/beyond-the-limit',
  ...FACTS,
  title: `Of ${AT_ONCE + MORE} streams that begin at once on one connection ${MORE} wait, and are served when others have ended.`,
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS[SERVICE].bidi,
    requests: requestsFor('bidi', 1, 0),
    script: { steps: [{ headers: {} }, { awaitHalfClose: true }, { messages: {} }] },
    calls: AT_ONCE + MORE,
    callIntervalMs: 0,
    connectFirst: true,
    halfClose: 'after-actions',
  },
  actions: [{ await: { rpcs: AT_ONCE } }],
  limitMs: 90_000,
  expectation: {
    rpc: { status: 'OK', count: 1, servedBy: { service: SERVICE } },
    spread: { atOnce: AT_ONCE + MORE },
    connections: 1,
  },
  // Before, Envoy let a connection have as many as it could number (changelogs/1.36.0, max_concurrent_streams).
  sinceEnvoy: { '1.36': { spread: { atOnce: AT_ONCE } } },
  sabotages: [
    {
      name: 'a connection that lets all of them begin',
      change: {
        objects: [
          onConnectionManager('more-streams', { http2_protocol_options: { max_concurrent_streams: 2_000 } }),
        ],
      },
      caughtBy: `RPCs at once: expected ${AT_ONCE}, got`,
    },
    {
      name: 'a client with fewer streams than the limit',
      change: { invocation: { calls: AT_ONCE - MORE } },
      caughtBy: `RPCs at once: expected ${AT_ONCE}, got ${AT_ONCE - MORE}`,
    },
  ],
}));

/** Messages of one stream that a slow reader is offered. */
const OFFERED = 64;
const MESSAGE = 128 * KIB;

/** Whoever pauses gets everything all the same, in order. */
const late = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'streaming/slow-reader/whole',
  ...FACTS,
  title: 'A client that stops reading for a while gets all 8 MiB of a stream all the same, in order.',
  invocation: {
    ...subscribes(transport, { steps: [{ messages: { count: OFFERED, payloadBytes: MESSAGE } }] }),
    pausesForMs: STREAM_MS,
  },
  limitMs: STREAM_LIMIT_MS,
  expectation: {
    rpc: { status: 'OK', ...replies(OFFERED), payloadBytes: MESSAGE, servedBy: { service: SERVICE } },
    ledger: { attempts: 1, service: SERVICE, sent: OFFERED, cancelled: false },
    gateway: { ...wayIn(transport), ...routedTo(SERVICE) },
  },
  // Even when the gateway has everything, it waits for its client only so long.
  sabotages: [idleTimeout('grpc-status: expected OK, got')],
}));

/** Envoy holds back what its client does not take, and the server with it. */
const heldBack = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'streaming/slow-reader/held-back',
  row: 'S5',
  title: 'A client that stops reading holds its server back: what is on the way is bounded by the windows.',
  configuration: 'streaming-small-windows',
  invocation: {
    ...subscribes(transport, {
      steps: [{ messages: { count: OFFERED, payloadBytes: MESSAGE } }],
      ignoreDeadline: true,
    }),
    pausesForMs: 60_000,
    deadlineMs: 2_000,
  },
  expectation: {
    rpc: {
      status: 'DEADLINE_EXCEEDED',
      tolerated: [
        { status: 'UNAVAILABLE', because: 'the gateway counts the same grpc-timeout down (envoy#10184)' },
        { status: 'INTERNAL', because: 'it then resets the stream' },
      ],
    },
    // The client's library takes 16 messages in; each window, and each buffer behind one, is 64 KiB.
    ledger: { attempts: 1, service: SERVICE, sent: { min: 2, max: OFFERED / 2 }, cancelled: true },
  },
  sabotages: [
    {
      name: "windows of Envoy's own",
      change: {
        manifests: [
          jsonPatch(
            'EnvoyFilter',
            'windows',
            { op: 'remove', path: '/spec/configPatches/1' },
            { op: 'remove', path: '/spec/configPatches/0/patch/value/typed_config/http2_protocol_options' },
          ),
        ],
      },
      caughtBy: 'reply messages sent: expected 2 to 32, got 64',
    },
  ],
}));

const PINGS = {
  'grpc.keepalive_time_ms': 100,
  'grpc.keepalive_timeout_ms': 1_000,
  'grpc.keepalive_permit_without_calls': 1,
} as const;

/** PINGs are from hop to hop: the gateway answers its client's, however its server is. */
const pinged = expand({ transport: TRANSPORTS, server: ['well', 'deaf'] }, ({ transport, server }): Case => ({
  name: 'streaming/keepalive',
  ...FACTS,
  title: `A client that sends ten PINGs a second is neither cut off nor told of its server, which is ${server === 'deaf' ? 'deaf to PINGs' : 'well'}.`,
  invocation: {
    ...subscribes(transport, {
      steps: [
        ...(server === 'deaf' ? [{ drop: 'PING' } as const] : []),
        { messages: {} },
        { wait: STREAM_MS },
        { messages: {} },
      ],
    }),
    channelOptions: PINGS,
    calls: 2,
    callIntervalMs: 300,
  },
  limitMs: STREAM_LIMIT_MS,
  expectation: {
    rpc: { status: 'OK', ...replies(2), servedBy: { service: SERVICE } },
    ledger: { attempts: 1, service: SERVICE, cancelled: false },
    gateway: { ...wayIn(transport), ...routedTo(SERVICE) },
    connections: 1,
  },
  sabotages: [
    maxStreamDuration('got max_duration_timeout'),
    // To a stream PINGs are no sign of life.
    idleTimeout('access log responseFlags'),
  ],
}));

/** Many at once, and readers and servers that are slow or silent. */
export const pressureCases: readonly Case[] = [...many, ...waiting, ...late, ...heldBack, ...pinged];
