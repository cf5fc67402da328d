import { expand, type Case, type Sabotage } from '../../src/conformance/model.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { jsonPatch } from '../patches.ts';
import { METHODS, RPC_KINDS, TRANSPORTS } from '../requests.ts';
import { FACTS, V1, V2, ask, selectsNobody } from './facts.ts';

const GOT_UNAVAILABLE = 'grpc-status: expected OK, got UNAVAILABLE';

/** How many replies each kind gets to one request without a script. */
const REPLIES = { unary: 1, 'client-stream': 1, 'server-stream': 3, bidi: 1 } as const;

const kinds = expand({ kind: RPC_KINDS }, ({ kind }): Case => ({
  ...FACTS,
  name: 'proxyless/discovery/pods',
  title: `A client finds the pods of a Service by xDS and makes a ${kind} RPC to one, in plaintext (TLS DISABLE).`,
  invocation: { ...ask('proxyless-orders'), method: METHODS['order-service'][kind] },
  expectation: {
    rpc: { status: 'OK', count: REPLIES[kind], peerIdentity: null },
    ledger: { attempts: 1, peerIdentity: null },
    // No part of it is seen by the gateway.
    gateway: 'no line',
  },
  sabotages: [selectsNobody('proxyless-orders', GOT_UNAVAILABLE)],
}));

/** The WorkloadEntry is of another workload. */
const otherWorkload: Sabotage = {
  name: 'a WorkloadEntry of another workload',
  change: {
    manifests: [
      jsonPatch('WorkloadEntry', 'vm-orders', { op: 'replace', path: '/spec/labels/app', value: 'another' }),
    ],
  },
  caughtBy: GOT_UNAVAILABLE,
};

const virtualMachine: Case = {
  ...FACTS,
  name: 'proxyless/discovery/workload-entry',
  title: 'A WorkloadEntry, which stands for a virtual machine, is found under the name of its ServiceEntry.',
  invocation: { ...ask(''), target: 'xds:///vm-orders.internal.example.com:50051' },
  expectation: {
    rpc: { status: 'OK', servedBy: { service: 'order-grpc-service' } },
    ledger: { attempts: 1, service: 'order-grpc-service' },
  },
  sabotages: [otherWorkload],
};

const nobody: Case = {
  ...FACTS,
  name: 'proxyless/discovery/unknown-name',
  title:
    'An RPC to a name that the control plane does not know waits for its deadline: no error comes before.',
  invocation: { ...ask('proxyless-nobody'), deadlineMs: 5_000 },
  expectation: {
    rpc: {
      status: 'DEADLINE_EXCEEDED',
      details: /waiting for name resolution/,
      count: 0,
      servedBy: null,
    },
    ledger: { attempts: 0 },
  },
  sabotages: [
    {
      name: 'a Service of that name',
      change: {
        manifests: [
          jsonPatch('Service', 'proxyless-header', {
            op: 'replace',
            path: '/metadata/name',
            value: 'proxyless-nobody',
          }),
        ],
      },
      caughtBy: 'grpc-status: expected DEADLINE_EXCEEDED, got OK',
    },
  ],
};

const noHold: Sabotage = {
  name: 'no hold, and a late agent',
  change: {
    manifests: [
      jsonPatch('Deployment', V2, {
        op: 'remove',
        path: '/spec/template/metadata/annotations/proxy.istio.io~1config',
      }),
    ],
  },
  caughtBy: 'trailer x-meshproof-bootstrap: expected present, got absent',
};

const bootstrap: Case = {
  ...FACTS,
  name: 'proxyless/bootstrap/late-agent',
  title: 'The bootstrap file is there before the application starts, however late the agent is.',
  configuration: 'proxyless-late-agent',
  invocation: ask(V2),
  expectation: {
    rpc: { status: 'OK', servedBy: { service: V2 }, trailers: { 'x-meshproof-bootstrap': 'present' } },
    ledger: { attempts: 1, service: V2 },
  },
  sabotages: [noHold],
};

/** Two pods of the first version and one of the second, in turns. */
const IN_TURNS = { ...ask('proxyless-orders'), warmUpCalls: 60, calls: 30 } as const;

const roundRobin: Case = {
  ...FACTS,
  name: 'proxyless/balancing/round-robin',
  title: 'ROUND_ROBIN goes to every pod in its turn.',
  invocation: IN_TURNS,
  expectation: {
    rpc: { status: 'OK' },
    ledger: { attempts: 1 },
    spread: { pods: 3, atLeastEach: 9 },
  },
  sabotages: [
    {
      name: 'LEAST_REQUEST',
      change: {
        manifests: [
          jsonPatch('DestinationRule', 'proxyless-orders', {
            op: 'replace',
            path: '/spec/trafficPolicy/loadBalancer/simple',
            value: 'LEAST_REQUEST',
          }),
        ],
      },
      caughtBy: 'grpc-status (call 1 of 30): expected OK, got UNAVAILABLE',
    },
  ],
};

const SECOND = 'a second name';
const THIRD = 'a third name';

/** RPCs to the first name go on while channels to others are opened (istio#53532 had the later ones fail). */
const severalTargets: Case = {
  ...FACTS,
  name: 'proxyless/discovery/several-targets',
  title: 'Channels to three names at once, in one process, are each found and routed by rules of their own.',
  invocation: { ...ask('proxyless-orders'), calls: 30, callIntervalMs: 50 },
  actions: [
    { invoke: { ...ask('proxyless-header'), metadata: { 'x-tenant': 'blue' } }, as: SECOND },
    { invoke: ask('proxyless-path'), as: THIRD },
  ],
  expectation: {
    rpc: { status: 'OK', count: 1 },
    ledger: { attempts: 1 },
    spread: { pods: 3 },
    meanwhile: {
      [SECOND]: { rpc: { status: 'OK', count: 1 }, ledger: { attempts: 1, service: V2 } },
      [THIRD]: { rpc: { status: 'OK', count: 1 }, ledger: { attempts: 1, service: V1 } },
    },
  },
  sabotages: [
    {
      name: 'a third name that nobody has',
      change: {
        actions: [
          { invoke: { ...ask('proxyless-header'), metadata: { 'x-tenant': 'blue' } }, as: SECOND },
          { invoke: { ...ask('proxyless-nobody'), deadlineMs: 3_000 }, as: THIRD },
        ],
      },
      caughtBy: `grpc-status (${THIRD}): expected OK, got DEADLINE_EXCEEDED`,
    },
  ],
};

const AFTERWARDS = 'RPCs after it';

const underLoad: Case = {
  ...FACTS,
  name: 'proxyless/balancing/endpoints-under-load',
  title: 'While every pod is replaced no RPC fails, and the new pods are found without a word to the client.',
  limitMs: 120_000,
  invocation: { ...ask('proxyless-orders'), calls: 200, callIntervalMs: 80 },
  actions: [{ restart: 'proxyless-orders' }, { invoke: IN_TURNS, as: AFTERWARDS }],
  expectation: {
    rpc: { status: 'OK', count: 1 },
    meanwhile: {
      [AFTERWARDS]: {
        rpc: { status: 'OK', count: 1 },
        ledger: { attempts: 1 },
        spread: { pods: 3, atLeastEach: 9 },
      },
    },
  },
  sabotages: [
    {
      name: 'all endpoints taken away',
      change: {
        actions: [
          {
            apply: {
              manifests: [
                jsonPatch('Service', 'proxyless-orders', {
                  op: 'replace',
                  path: '/spec/selector/app',
                  value: 'nobody',
                }),
              ],
            },
          },
        ],
      },
      caughtBy: 'expected OK, got UNAVAILABLE',
    },
  ],
};

const weights: Case = {
  ...FACTS,
  name: 'proxyless/routing/weights',
  title: 'Weights of 25 and 75 divide the RPCs over two subsets.',
  invocation: { ...ask('proxyless-weights'), calls: 200 },
  expectation: {
    rpc: { status: 'OK' },
    // Each is drawn by lot. That 200 draws at 75 % fall outside is less likely than one in a million.
    spread: { services: { [V1]: { min: 20, max: 85 }, [V2]: { min: 115, max: 180 } } },
  },
  sabotages: [
    {
      name: 'weights the other way round',
      change: {
        manifests: [
          jsonPatch(
            'VirtualService',
            'proxyless-weights',
            { op: 'replace', path: '/spec/http/0/route/0/weight', value: 75 },
            { op: 'replace', path: '/spec/http/0/route/1/weight', value: 25 },
          ),
        ],
      },
      caughtBy: 'RPCs answered by proxyless-orders-v2: expected 115 to 180',
    },
  ],
};

const emptySubset: Case = {
  ...FACTS,
  name: 'proxyless/routing/empty-subset',
  title: 'A subset without an endpoint is UNAVAILABLE by the word of the client itself.',
  invocation: ask('proxyless-empty'),
  expectation: {
    rpc: { status: 'UNAVAILABLE', count: 0, servedBy: null },
    ledger: { attempts: 0 },
  },
  sabotages: [
    {
      name: 'a subset that has endpoints',
      change: {
        manifests: [
          jsonPatch('DestinationRule', 'proxyless-empty', {
            op: 'replace',
            path: '/spec/subsets/0/labels/version',
            value: 'v1',
          }),
        ],
      },
      caughtBy: 'grpc-status: expected UNAVAILABLE, got OK',
    },
  ],
};

const ingress = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  ...FACTS,
  name: 'proxyless/ingress',
  title: `A client outside comes over ${transport} through the ingress gateway to a server without a proxy.`,
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS['order-service'].unary,
    deadlineMs: 10_000,
  },
  expectation: {
    rpc: { status: 'OK', count: 1 },
    ledger: { attempts: 1, peerIdentity: null },
    gateway: { ...wayIn(transport), ...routedTo('proxyless-orders') },
  },
  sabotages: [selectsNobody('proxyless-orders', GOT_UNAVAILABLE)],
}));

/** How servers are found, and how RPCs are divided over them. */
export const discoveryCases: readonly Case[] = [
  ...kinds,
  virtualMachine,
  nobody,
  bootstrap,
  severalTargets,
  roundRobin,
  underLoad,
  weights,
  emptySubset,
  ...ingress,
];
