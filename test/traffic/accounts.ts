import type { LiveDifference } from '../../src/evidence/live-configuration.ts';
import type { Account, AccountedRpc } from '../../src/traffic/account.ts';
import { FATES, type Fate } from '../../src/traffic/fate.ts';
import type { Percentiles } from '../../src/traffic/latency.ts';
import type { ChangeResult } from '../../src/traffic/run-change.ts';

const counts = (some: Partial<Record<Fate, number>>) =>
  Object.fromEntries(FATES.map((fate) => [fate, some[fate] ?? 0])) as Record<Fate, number>;
const percentiles: Percentiles = { count: 1, p50: 1, p90: 1, p99: 1, max: 1, cumulative: [[1, 100]] };

/** An account of traffic of which nothing was lost; `more` replaces what matters to a test. */
export function sampleAccount({
  unary = {},
  streams = {},
  ...more
}: Partial<Omit<Account, 'unary' | 'streams'>> & {
  readonly unary?: Partial<Record<Fate, number>>;
  readonly streams?: Partial<Record<Fate, number>>;
} = {}): Account {
  const all = counts({ answered: 100, ...unary });
  const sum = Object.values(all).reduce((total, count) => total + count, 0);
  return {
    startedAt: '2026-11-21T00:00:00.000Z',
    durationMs: 10_000,
    due: sum,
    started: sum,
    marks: [{ what: 'ingress gateway replaced', atMs: 5000 }],
    unary: all,
    streams: counts({ ended: 10, ...streams }),
    reached: sum,
    attemptedAgain: 0,
    unknownAttempts: 0,
    connections: [],
    lost: [],
    pods: { 'grpc-service': ['a'] },
    newPods: {},
    pushed: 0,
    workloadIssuers: [],
    timeline: [{ atMs: 0, well: sum, lost: 0 }],
    latency: {
      response: percentiles,
      service: percentiles,
      lateness: percentiles,
      eventLoopDelay: percentiles,
    },
    ...more,
  };
}

/** A change that met its expectation with that account. */
export const sampleResult = (
  account: Account = sampleAccount(),
  more: Partial<ChangeResult> = {},
): ChangeResult => ({
  change: 'gateway-rollout',
  title: 'A gateway is replaced',
  volume: { rate: 200, streams: 200, seed: 1 },
  findings: [],
  account,
  ...more,
});

/** An RPC that was lost, with all that is told of one. */
export const sampleLost: AccountedRpc = {
  rpcId: 'x',
  lane: 'tls quiet',
  kind: 'bidi',
  fate: 'cut after GOAWAY',
  intendedAtMs: 0,
  startedAtMs: 1,
  endedAtMs: 18_600,
  status: 'UNAVAILABLE',
  details: 'Connection dropped',
  connection: 1,
  graceMs: 8_400,
  quiet: true,
  pods: ['streaming-service-1'],
  tries: 1,
  successor: 0,
};

/** A gateway that runs with something else in each respect. */
export const sampleLive: LiveDifference = {
  envoy: ['a', 'b'],
  leaves: [{ path: 'x', before: '1', after: undefined }],
  runtime: [{ path: 'y', before: undefined, after: 'true' }],
  http2: [{ path: 'maxConcurrentStreams', before: '1', after: '2' }],
  filtersGone: [{ chain: 'c', filter: 'f' }],
  filtersNew: [],
  rejected: ['a listener'],
};
