import {
  expand,
  type Action,
  type AppliedChange,
  type Case,
  type Sabotage,
} from '../../src/conformance/model.ts';
import { onConnectionManager } from '../envoy-filters.ts';
import { requestsSeen, routedTo, wayIn } from '../expectations.ts';
import { jsonPatch } from '../patches.ts';
import { METHODS, TRANSPORTS, repliesTo } from '../requests.ts';
import { PAYLOAD, REQUESTS, SERVICE, heldOpen } from '../held-open.ts';

const STREAMS = 20;
const NEW_RPC = 'an RPC after the change';

const route = (host: string) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: of-another-team, namespace: default }
spec:
  hosts: [${host}]
  gateways: [grpc-gateway]
  http: [{ route: [{ destination: { host: grpc-service, port: { number: 50051 } } }] }]`;

/** What a push may bring while streams are open, and what a new RPC shows of it. */
const CHANGES = {
  'a-route-of-another-host': { objects: [route('other.example.com')] },
  'its-own-route': {
    manifests: [
      jsonPatch('VirtualService', 'grpc-streaming', {
        op: 'add',
        path: '/spec/http/0/headers',
        value: { response: { add: { 'x-pushed': 'indeed' } } },
      }),
    ],
  },
  'its-own-destination-rule': {
    objects: [
      `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: streaming, namespace: default }
spec: { host: streaming-service, trafficPolicy: { loadBalancer: { simple: RANDOM } } }`,
    ],
  },
  'a-timeout-for-new-rpcs': {
    manifests: [
      jsonPatch('VirtualService', 'grpc-streaming', { op: 'add', path: '/spec/http/0/timeout', value: '1s' }),
    ],
  },
  'the-listener': { objects: [onConnectionManager('server-name', { server_name: 'pushed' })] },
} as const satisfies Record<string, AppliedChange>;
type Change = keyof typeof CHANGES;

/** How a new RPC shows that the change is in effect. */
const SEEN: Readonly<Partial<Record<Change, { readonly caughtBy: string }>>> = {
  'its-own-route': { caughtBy: `initial metadata x-pushed (${NEW_RPC}): expected indeed, got nothing` },
  'a-timeout-for-new-rpcs': { caughtBy: `grpc-timeout in ms (${NEW_RPC}): expected 1000, got nothing` },
};

const pushed = (change: AppliedChange): readonly Action[] => [
  { await: 'response headers' },
  { apply: change },
  {
    invoke: {
      client: 'grpc-js',
      transport: 'tls',
      method: METHODS[SERVICE].unary,
      script: { steps: [{ answer: true }, { status: 'OK' }], ignoreDeadline: true },
    },
    as: NEW_RPC,
  },
];

/** The route goes away under the new RPCs: whoever is on it stays, and the next ones are nowhere. */
const routeTaken = (caughtBy: string): Sabotage => ({
  name: 'a push that takes the route away',
  change: {
    actions: pushed({
      manifests: [
        jsonPatch('VirtualService', 'grpc-streaming', {
          op: 'replace',
          path: '/spec/hosts',
          value: ['other.example.com'],
        }),
      ],
    }),
  },
  caughtBy,
});

/** No stream lives for longer than it takes to push anything. */
const shortStreams = (caughtBy: string): Sabotage => ({
  name: 'max_stream_duration below the time of a push',
  change: {
    objects: [
      onConnectionManager('max-stream-duration', {
        common_http_protocol_options: { max_stream_duration: '0.2s' },
      }),
    ],
  },
  caughtBy,
});

const across = expand(
  { transport: TRANSPORTS, kind: ['client-stream', 'bidi'], change: Object.keys(CHANGES) as Change[] },
  ({ transport, kind, change }): Case => {
    const seen = SEEN[change];
    return {
      name: 'streaming/across-push',
      row: 'S5',
      title: `${STREAMS} open ${kind} RPCs do not notice a push that changes ${change.replaceAll('-', ' ')}.`,
      configuration: 'streaming',
      invocation: heldOpen(transport, kind, STREAMS),
      actions: pushed(CHANGES[change]),
      limitMs: 60_000,
      expectation: {
        rpc: { status: 'OK', ...repliesTo(kind, REQUESTS, PAYLOAD), servedBy: { service: SERVICE } },
        ledger: {
          attempts: 1,
          service: SERVICE,
          deadlineMs: null,
          ...requestsSeen(REQUESTS),
          halfClosed: true,
          cancelled: false,
        },
        gateway: { ...wayIn(transport), ...routedTo(SERVICE) },
        connections: 1,
        meanwhile: {
          [NEW_RPC]: {
            rpc: {
              status: 'OK',
              count: 1,
              servedBy: { service: SERVICE },
              ...(change === 'its-own-route' ? { initialMetadata: { 'x-pushed': 'indeed' } } : {}),
            },
            ledger: { attempts: 1, deadlineMs: change === 'a-timeout-for-new-rpcs' ? 1_000 : null },
            gateway: { ...wayIn('tls'), ...routedTo(SERVICE) },
          },
        },
      },
      sabotages: [
        shortStreams('grpc-status (call 1 of 20): expected OK, got'),
        seen === undefined
          ? routeTaken(`grpc-status (${NEW_RPC}): expected OK, got UNIMPLEMENTED`)
          : {
              name: 'a push that never comes',
              change: { actions: pushed({}) },
              caughtBy: seen.caughtBy,
            },
      ],
    };
  },
);

export const changeCases: readonly Case[] = across;
