import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OUTCOMES, type Outcome } from '../../../src/conformance/outcomes.ts';
import type { PastRun } from '../../../src/report/history/history.ts';
import { isSlower, notableTrends, trendsOf } from '../../../src/report/history/trends.ts';

const runOf = (cases: PastRun['cases'], testedWith = 'local 1.31.0 1.40.0'): PastRun => ({
  format: 1,
  startedAt: '2026-03-04T02:15:00.000Z',
  verdict: 'conformant',
  testedWith,
  cases,
});
const outcomes = (...each: Outcome[]) => each.map((outcome) => runOf({ a: [outcome, 10] }));
const flipsOf = (runs: readonly PastRun[]) => trendsOf(runs)[0]?.flips;

describe('a case', () => {
  test('that changes its outcome between equal runs is flaky', () => {
    expect(flipsOf(outcomes('passed', 'failed', 'passed'))).toBe(2);
  });

  test('that always ends alike is not, and nothing is said of it', () => {
    const runs = outcomes('passed', 'passed', 'passed');
    expect(flipsOf(runs)).toBe(0);
    expect(notableTrends(trendsOf(runs))).toEqual([]);
  });

  test('that changes with a version is not flaky', () => {
    const runs = [runOf({ a: ['passed', 1] }), runOf({ a: ['failed', 1] }, 'local 1.32.0 1.40.0')];
    expect(flipsOf(runs)).toBe(0);
  });

  test('that was skipped or absent meanwhile is compared with when it last ran', () => {
    const runs = [...outcomes('passed', 'skipped'), runOf({}), ...outcomes('failed')];
    expect(trendsOf(runs)).toMatchObject([{ runs: 2, flips: 1, last: 'failed' }]);
  });

  test('that takes longer than it usually does is named, by the median of the runs before', () => {
    const took = (...each: number[]) => trendsOf(each.map((ms) => runOf({ a: ['passed', ms] })))[0];
    expect(took(1_000, 9_000, 1_200, 4_000)).toMatchObject({ usualMs: 1_200, lastMs: 4_000 });
    const slower = took(1_000, 1_100, 1_200, 4_000);
    expect(slower && isSlower(slower)).toBe(true);
    const steady = took(1_000, 1_100, 1_200, 1_900);
    expect(steady && isSlower(steady)).toBe(false);
    const tooFew = took(1_000, 4_000);
    expect(tooFew && isSlower(tooFew)).toBe(false);
    const tiny = took(10, 10, 10, 500);
    expect(tiny && isSlower(tiny)).toBe(false);
  });
});

test('no case changes more often than it ran again, and each that ran is counted once', () => {
  const outcome = fc.constantFrom(...OUTCOMES);
  const someRun = fc
    .dictionary(fc.constantFrom('a', 'b', 'c'), fc.tuple(outcome, fc.nat(10_000)))
    .map((cases) => runOf(cases));
  fc.assert(
    fc.property(fc.array(someRun, { maxLength: 12 }), (runs) => {
      const trends = trendsOf(runs);
      expect(new Set(trends.map(({ name }) => name)).size).toBe(trends.length);
      for (const { name, runs: counted, flips } of trends) {
        const ran = runs.filter(({ cases }) => cases[name] !== undefined && cases[name][0] !== 'skipped');
        expect(counted).toBe(ran.length);
        expect(flips).toBeLessThan(counted);
      }
    }),
  );
});
