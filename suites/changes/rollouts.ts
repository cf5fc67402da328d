import type { Change, ChangeStep } from '../../src/traffic/change.ts';
import { STREAMS_SERVICE, UNARY_SERVICE, leavingSlowly } from './steps.ts';

/** A gateway that is told to end goes on for so long; longer than the slowest unary RPC of the traffic. */
export const LONG_DRAIN: ChangeStep = { proxyConfig: { terminationDrainDuration: '10s' } };
const SHORT_DRAIN: ChangeStep = { proxyConfig: { terminationDrainDuration: '1s' } };

/** What becomes of streams when their gateway ends: Envoy has no way to move them (envoy#14350). */
const CUT_WITH_GATEWAY = ['cut after GOAWAY', 'cut without GOAWAY, quiet'] as const;

/** Pods come and go: control plane, gateway and services. */
export const ROLLOUTS: readonly Change[] = [
  {
    name: 'istiod-restart',
    title: 'A new istiod takes over, and the gateway goes on with what it has: nothing is lost.',
    steps: [{ restart: 'istiod' }],
    afterSeconds: 8,
    expectation: { unary: [], streams: [], signs: [] },
    sabotage: {
      name: 'the gateway is killed with it',
      steps: [{ restart: 'istiod' }, { kill: 'ingress gateway' }],
      caughtBy: 'unary RPCs: ',
    },
  },
  {
    name: 'istiod-down',
    title: 'Without any istiod for a minute the gateway goes on with what it has: nothing is lost.',
    steps: [{ scale: 'istiod', replicas: 0 }, { holdSeconds: 60 }, { scale: 'istiod', replicas: 1 }],
    restore: [{ scale: 'istiod', replicas: 1 }],
    afterSeconds: 5,
    expectation: { unary: [], streams: [], signs: [] },
    sabotage: {
      name: 'the gateway is killed meanwhile, and its successor has nobody to ask',
      steps: [
        { scale: 'istiod', replicas: 0 },
        { kill: 'ingress gateway' },
        { holdSeconds: 5 },
        { scale: 'istiod', replicas: 1 },
      ],
      caughtBy: 'unary RPCs: ',
    },
  },
  {
    name: 'gateway-rollout',
    title:
      'A gateway pod that drains longer than the slowest RPC is replaced without losing one; its streams have GOAWAY first, or sat on a connection that no RPC began on.',
    prepare: [LONG_DRAIN],
    steps: [{ restart: 'ingress gateway' }],
    restore: [{ proxyConfig: null }],
    afterSeconds: 15,
    needs: ['gateway-restart'],
    expectation: {
      unary: [],
      streams: CUT_WITH_GATEWAY,
      graceMs: 2000,
      signs: ['GOAWAY', 'reconnection'],
    },
    sabotage: {
      name: 'terminationDrainDuration: 1s',
      prepare: [SHORT_DRAIN],
      caughtBy: 'unary RPCs: cut',
    },
  },
  {
    name: 'backend-rollout',
    title:
      'The pods of a service are replaced, which take RPCs for 3 s more and drain then: no unary RPC is lost; streams to them end when their grace does.',
    prepare: [{ apply: leavingSlowly }],
    steps: [{ restart: UNARY_SERVICE }, { restart: STREAMS_SERVICE }],
    restore: [{ apply: {} }],
    afterSeconds: 20,
    expectation: {
      unary: [],
      streams: ['reset', 'refused by gateway'],
      signs: [{ newPodOf: UNARY_SERVICE }, { newPodOf: STREAMS_SERVICE }],
    },
    sabotage: {
      name: 'the pods are killed',
      steps: [{ kill: UNARY_SERVICE }, { restart: STREAMS_SERVICE }],
      caughtBy: 'unary RPCs: ',
    },
  },
  {
    name: 'endpoint-churn',
    title: 'Pods of a service come, and go again in the same way: no RPC is lost.',
    prepare: [{ apply: leavingSlowly }],
    steps: [{ scale: UNARY_SERVICE, replicas: 3 }, { holdSeconds: 3 }, { scale: UNARY_SERVICE, replicas: 1 }],
    restore: [{ scale: UNARY_SERVICE, replicas: 1 }, { apply: {} }],
    afterSeconds: 8,
    expectation: { unary: [], streams: [], signs: [{ newPodOf: UNARY_SERVICE }] },
    sabotage: {
      name: 'the pods are killed',
      steps: [{ scale: UNARY_SERVICE, replicas: 3 }, { holdSeconds: 3 }, { kill: UNARY_SERVICE }],
      caughtBy: 'unary RPCs: ',
    },
  },
];
