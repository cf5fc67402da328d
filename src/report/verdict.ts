import { OUTCOMES } from '../conformance/outcomes.ts';
import type { Outcome } from '../conformance/outcomes.ts';

/** What a whole run may come to; exit codes 0, 1 and 2. */
export const VERDICTS = ['conformant', 'not-conformant', 'could-not-run'] as const;

export type Verdict = (typeof VERDICTS)[number];

/** How many cases came to each outcome. */
export type Totals = Readonly<Record<Outcome, number>>;

/** The parts of a case that the laws speak of. */
interface JudgedCase {
  readonly name: string;
  readonly environment: string;
  readonly outcome: Outcome;
  readonly reason?: string;
  readonly mismatches: readonly unknown[];
}

/** Counts cases by outcome. */
export function totalsOf(cases: readonly { readonly outcome: Outcome }[]): Totals {
  const totals = { ...NONE };
  for (const { outcome } of cases) totals[outcome] += 1;
  return totals;
}

const NONE: Totals = {
  passed: 0,
  failed: 0,
  'known-failing': 0,
  'unexpectedly-passed': 0,
  skipped: 0,
  'could-not-run': 0,
};

/** How many cases ended in an outcome, whichever it was. */
export function endedOf(totals: Totals): number {
  return OUTCOMES.reduce((sum, outcome) => sum + totals[outcome], 0);
}

/**
 * The verdict of a run. A planned case without an outcome, or no planned case at all, is `could-not-run`, so
 * that cases which were lost on the way never make a run green.
 */
export function verdictOf(totals: Totals, planned: number): Verdict {
  if (planned === 0 || planned !== endedOf(totals) || totals['could-not-run'] > 0) return 'could-not-run';
  if (totals.failed > 0 || totals['unexpectedly-passed'] > 0) return 'not-conformant';
  return 'conformant';
}

/**
 * What a report says against itself: totals that do not count its cases, a verdict that does not follow, a
 * failure without a mismatch, a skip without a reason, two cases of one name. Empty when it is sound.
 */
export function brokenLaws(report: {
  readonly verdict: Verdict;
  readonly planned: number;
  readonly totals: Totals;
  readonly cases: readonly JudgedCase[];
}): { path: (string | number)[]; message: string }[] {
  const broken: { path: (string | number)[]; message: string }[] = [];
  const counted = totalsOf(report.cases);
  for (const outcome of OUTCOMES) {
    if (report.totals[outcome] === counted[outcome]) continue;
    const message = `is ${report.totals[outcome]}, but ${counted[outcome]} of the cases are ${outcome}`;
    broken.push({ path: ['totals', outcome], message });
  }
  const verdict = verdictOf(report.totals, report.planned);
  if (report.verdict !== verdict) {
    broken.push({
      path: ['verdict'],
      message: `is ${report.verdict}, but totals and planned say ${verdict}`,
    });
  }
  const seen = new Set<string>();
  for (const [index, one] of report.cases.entries()) {
    const key = `${one.environment} ${one.name}`;
    if (seen.has(key)) broken.push({ path: ['cases', index, 'name'], message: `${one.name} is there twice` });
    seen.add(key);
    for (const [field, message] of brokenLawsOfCase(one))
      broken.push({ path: ['cases', index, field], message });
  }
  return broken;
}

function* brokenLawsOfCase(one: JudgedCase): Generator<[field: string, message: string]> {
  const disagrees = one.outcome === 'failed' || one.outcome === 'known-failing';
  if (disagrees && one.mismatches.length === 0)
    yield ['mismatches', `is empty, but the case is ${one.outcome}`];
  if (!disagrees && one.mismatches.length > 0)
    yield ['mismatches', `must be empty: the case is ${one.outcome}`];
  const needsReason = one.outcome === 'skipped' || one.outcome === 'could-not-run';
  if (needsReason && one.reason === undefined) yield ['reason', `is missing: the case is ${one.outcome}`];
}
