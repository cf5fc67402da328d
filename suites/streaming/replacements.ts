import { expand, type Action, type Case, type Sabotage } from '../../src/conformance/model.ts';
import { jsonPatch } from '../patches.ts';
import { requestsSeen, routedTo, wayIn } from '../expectations.ts';
import { METHODS, TRANSPORTS, repliesTo, requestsFor } from '../requests.ts';
import { PAYLOAD, REQUESTS, SERVICE, heldOpen } from '../held-open.ts';

const STREAMS = 10;
const NEW_RPC = 'an RPC after it';

const replaced = (deployment: string): readonly Action[] => [
  { await: 'response headers' },
  { restart: deployment },
  { invoke: { client: 'grpc-js', transport: 'tls', method: METHODS[SERVICE].unary }, as: NEW_RPC },
];
const answeredAfterwards = {
  [NEW_RPC]: {
    rpc: { status: 'OK', count: 1, servedBy: { service: SERVICE } },
    ledger: { attempts: 1, service: SERVICE },
    gateway: { ...wayIn('tls'), ...routedTo(SERVICE) },
  },
} as const;

/** The server's pods are told to end, and take no time over it. */
const noGrace: Sabotage = {
  name: 'a server that ends without grace',
  change: {
    manifests: [
      jsonPatch('Deployment', SERVICE, {
        op: 'add',
        path: '/spec/template/spec/containers/0/env/-',
        value: { name: 'GRACE_MS', value: '0' },
      }),
    ],
  },
  caughtBy: 'grpc-status (call 1 of 10): expected OK, got',
};

/** A new generation of a server's pods: streams end where they began, and new RPCs begin at the new pods. */
const backend = expand(
  { transport: TRANSPORTS, kind: ['client-stream', 'bidi'] },
  ({ transport, kind }): Case => ({
    name: 'streaming/across-rollout',
    row: 'S5',
    title: `${STREAMS} open ${kind} RPCs end whole at a pod that is being replaced.`,
    configuration: 'streaming',
    invocation: heldOpen(transport, kind, STREAMS),
    actions: replaced(SERVICE),
    limitMs: 90_000,
    expectation: {
      rpc: { status: 'OK', ...repliesTo(kind, REQUESTS, PAYLOAD), servedBy: { service: SERVICE } },
      ledger: {
        attempts: 1,
        service: SERVICE,
        ...requestsSeen(REQUESTS),
        halfClosed: true,
        cancelled: false,
      },
      gateway: { ...wayIn(transport), ...routedTo(SERVICE) },
      connections: 1,
      meanwhile: answeredAfterwards,
    },
    sabotages: [noGrace],
  }),
);

/**
 * Envoy sends GOAWAY with the response headers of an RPC. A connection that has only streams gets none, and is cut
 * when the drain ends (Istio's terminationDrainDuration, 5 s).
 */
const streamOnly = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'streaming/across-gateway-drain/streams-only',
  row: 'S5',
  title: 'A connection that has streams only is not told of the drain of its gateway, and is cut at its end.',
  configuration: 'streaming',
  needs: ['gateway-restart'],
  invocation: {
    ...heldOpen(transport, 'bidi', STREAMS),
    halfClose: 'after-status',
    script: { steps: [{ headers: {} }, { echo: REQUESTS }, { wait: 60_000 }] },
  },
  actions: replaced('ingress gateway'),
  limitMs: 90_000,
  expectation: {
    rpc: { status: 'UNAVAILABLE', count: REQUESTS, inOrder: true },
    ledger: { attempts: 1, service: SERVICE, cancelled: true },
    meanwhile: answeredAfterwards,
  },
  sabotages: [
    {
      name: 'streams that end in time',
      change: { script: { steps: [{ headers: {} }, { echo: REQUESTS }] } },
      caughtBy: 'grpc-status (call 1 of 10): expected UNAVAILABLE, got OK',
    },
  ],
}));

const CALLS = 200;

/** The RPCs of a busy connection go over to the new pod, and none is lost. */
const busy = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'streaming/across-gateway-drain/busy',
  row: 'S5',
  title:
    'Of RPCs that keep coming not one fails while the gateway is replaced: GOAWAY sends them to a new connection.',
  configuration: 'streaming',
  needs: ['gateway-restart'],
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS[SERVICE].unary,
    requests: requestsFor('unary', 1, PAYLOAD),
    calls: CALLS,
    callIntervalMs: 100,
    // Without a policy grpc-js begins anew only what nobody has seen, such as a stream that crosses the GOAWAY (gRPC A6,
    // transparent retries).
    channelOptions: { 'grpc.enable_retries': 1 },
  },
  actions: [{ restart: 'ingress gateway' }],
  limitMs: 90_000,
  expectation: {
    rpc: { status: 'OK', count: 1, payloadBytes: PAYLOAD, servedBy: { service: SERVICE } },
    ledger: { attempts: 1, service: SERVICE },
    gateway: { ...wayIn(transport), ...routedTo(SERVICE) },
    connections: { min: 2 },
  },
  sabotages: [
    {
      name: 'a gateway that stays',
      change: { actions: [] },
      caughtBy: "client's connections: expected at least 2, got 1",
    },
  ],
}));

export const replacementCases: readonly Case[] = [...backend, ...streamOnly, ...busy];
