import { median } from '../../median.ts';
import type { Outcome } from '../../conformance/outcomes.ts';
import type { PastRun } from './history.ts';

/** How a case has done over the runs that had it. */
export interface Trend {
  readonly name: string;
  /** How many runs it did not skip. */
  readonly runs: number;
  readonly last: Outcome;
  /**
   * How often its outcome was another than the run before, where both tested the same versions on the same kind of
   * environment: nothing had changed but the day. A case with any is flaky, or somebody changed the case.
   */
  readonly flips: number;
  /** Milliseconds: the median of the runs before the last one in which it had the same outcome, and the last. */
  readonly usualMs: number | undefined;
  readonly lastMs: number;
}

/** A case takes notably longer than it used to when it takes so many times as long, and so many milliseconds more. */
const NOTABLY_SLOWER = { ratio: 2, floorMs: 1_000 } as const;
/** Fewer earlier runs than this say nothing of what is usual. */
const USUAL_FROM = 3;

/** @param runs the oldest first */
export function trendsOf(runs: readonly PastRun[]): Trend[] {
  const names = [...new Set(runs.flatMap(({ cases }) => Object.keys(cases)))];
  return names.flatMap((name) => trendOf(name, runs) ?? []);
}

function trendOf(name: string, runs: readonly PastRun[]): Trend | undefined {
  const had = runs.flatMap(({ cases, testedWith }) => {
    const [outcome, durationMs] = cases[name] ?? [];
    return outcome === undefined || durationMs === undefined || outcome === 'skipped'
      ? []
      : [{ outcome, durationMs, testedWith }];
  });
  const last = had.at(-1);
  if (last === undefined) return undefined;
  const flips = had.filter((each, i) => {
    const before = had[i - 1];
    return before?.testedWith === each.testedWith && before.outcome !== each.outcome;
  });
  const alike = had.slice(0, -1).filter(({ outcome }) => outcome === last.outcome);
  return {
    name,
    runs: had.length,
    last: last.outcome,
    flips: flips.length,
    usualMs: alike.length < USUAL_FROM ? undefined : median(alike.map(({ durationMs }) => durationMs)),
    lastMs: last.durationMs,
  };
}

/** Whether a case has taken notably longer in the last run than it usually does. */
export const isSlower = ({ usualMs, lastMs }: Trend): boolean =>
  usualMs !== undefined &&
  lastMs >= NOTABLY_SLOWER.ratio * usualMs &&
  lastMs - usualMs >= NOTABLY_SLOWER.floorMs;

/** The flaky ones first, the most often changed at the top; then the slower ones; the steady ones are left out. */
export function notableTrends(trends: readonly Trend[]): Trend[] {
  const growth = ({ usualMs = 0, lastMs }: Trend) => lastMs - usualMs;
  return trends
    .filter((trend) => trend.flips > 0 || isSlower(trend))
    .toSorted((a, b) => b.flips - a.flips || growth(b) - growth(a) || a.name.localeCompare(b.name));
}
