import { GATEWAY_HOST } from '../../src/environments/samples.ts';
import type { Change, TrafficExpectation } from '../../src/traffic/change.ts';
import { authorization, filter, hosts, noAccessLog, toNobody, weighted, withHeader } from './steps.ts';

const NOTHING_LOST = { unary: [], streams: [] } as const;

/**
 * A listener that changes is drained for `drainDuration` (Envoy's `--drain-time-s`), 45 s where nobody says otherwise;
 * streams that are on it then are cut (istio#58100). Whoever begins an RPC meanwhile is told at once, since Istio's
 * `--drain-strategy` is `immediate`. A quiet connection is told by Envoy from 1.40 on only, at a random time that is no
 * later than `drain_timeout` (5 s) before the end: 8 and 12 s before it were seen.
 */
const DRAINED_LISTENER: Omit<TrafficExpectation, 'signs'> = {
  unary: [],
  streams: ['cut after GOAWAY', 'cut without GOAWAY, quiet'],
  graceMs: 40_000,
  quietGraceMs: 4_500,
};
/** Seconds: the drain, and what Envoy takes to end it. */
const DRAIN = 60;

/** Configuration is pushed to a gateway that serves. */
export const PUSHES: readonly Change[] = [
  {
    name: 'route-push',
    title: 'A route changes under RPCs and streams, and none is lost.',
    steps: [{ apply: withHeader }],
    restore: [{ apply: {} }],
    afterSeconds: 5,
    expectation: { ...NOTHING_LOST, signs: ['pushed header'] },
    sabotage: {
      name: 'the route leads to a Service that is not there',
      steps: [{ apply: toNobody }],
      caughtBy: 'unary RPCs: refused by gateway',
    },
  },
  {
    name: 'weight-push',
    title: 'Half of the RPCs are moved to another version of their service, and none is lost.',
    prepare: [{ apply: weighted({ v1: 100 }) }],
    steps: [{ apply: weighted({ v1: 50, v2: 50 }) }],
    restore: [{ apply: {} }],
    afterSeconds: 5,
    expectation: { ...NOTHING_LOST, signs: [{ newPodOf: 'grpc-service-v2' }] },
    sabotage: {
      name: 'half of them are moved to a version without pods',
      steps: [{ apply: weighted({ v1: 50, v3: 50 }) }],
      caughtBy: 'unary RPCs: refused by gateway',
    },
  },
  {
    name: 'host-push',
    title: 'The gateway gets another host, and those who call the first one lose no unary RPC.',
    steps: [{ apply: hosts(GATEWAY_HOST, 'another.example.com') }],
    restore: [{ apply: {} }],
    afterSeconds: DRAIN,
    expectation: { ...DRAINED_LISTENER, signs: [] },
    sabotage: {
      name: 'it gets another host instead',
      steps: [{ apply: hosts('another.example.com') }],
      caughtBy: 'unary RPCs: ',
    },
  },
  {
    name: 'authorization-push',
    title: 'A policy that lets the RPCs pass is put before them, and no unary RPC is lost.',
    steps: [{ apply: authorization('ALLOW') }],
    restore: [{ apply: {} }],
    afterSeconds: DRAIN,
    expectation: { ...DRAINED_LISTENER, signs: ['GOAWAY'] },
    sabotage: {
      name: 'the policy turns them away',
      steps: [{ apply: authorization('DENY') }],
      caughtBy: 'unary RPCs: refused by gateway',
    },
  },
  {
    name: 'envoyfilter-push',
    title: 'A filter is put before all others, and no unary RPC is lost.',
    steps: [{ apply: filter('adds a header') }],
    restore: [{ apply: {} }],
    afterSeconds: DRAIN,
    expectation: { ...DRAINED_LISTENER, signs: ['GOAWAY', 'pushed header'] },
    sabotage: {
      name: 'the filter answers for the services',
      steps: [{ apply: filter('answers 503') }],
      caughtBy: 'unary RPCs: refused by gateway',
    },
  },
  {
    name: 'access-log-push',
    title: 'The access log is turned off, and no unary RPC is lost.',
    steps: [{ apply: noAccessLog }],
    restore: [{ apply: {} }],
    afterSeconds: DRAIN,
    expectation: { ...DRAINED_LISTENER, signs: ['GOAWAY'] },
    sabotage: {
      name: 'the gateway drains for a second only',
      prepare: [{ proxyConfig: { drainDuration: '1s' } }],
      caughtBy: 'unary RPCs: cut',
    },
  },
  {
    name: 'certificate-rotation',
    title:
      'The gateway gets a new certificate: new connections see it, those that are open live on, and nothing is lost.',
    steps: [{ apply: { certificate: 'renewed' } }],
    restore: [{ apply: {} }],
    // Long enough for a dozen new connections at 30 RPC/s.
    afterSeconds: 10,
    expectation: { ...NOTHING_LOST, signs: ['second certificate'] },
    sabotage: {
      name: 'the new certificate is by an authority that no client trusts',
      steps: [{ apply: { certificate: 'other authority' } }],
      caughtBy: 'unary RPCs: not sent',
    },
  },
];
