import type { Account } from '../../src/traffic/account.ts';
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
