import { resolve } from 'node:path';
import fc from 'fast-check';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import { OUTCOMES } from '../../src/conformance/outcomes.ts';
import { reportJsonSchema, reportSchema } from '../../src/report/schema.ts';
import { totalsOf, verdictOf } from '../../src/report/verdict.ts';
import { arbitraryReport } from './arbitrary-report.ts';
import { couldNotRunReport, failingReport, passingReport, sampleCase } from './samples.ts';

const problemsOf = (report: unknown) =>
  reportSchema.safeParse(report).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ??
  [];

describe('report.json', () => {
  it('survives being written and read', () => {
    fc.assert(
      fc.property(arbitraryReport, (report) => {
        expect(reportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
      }),
    );
  });

  it('has totals that count its cases, whose sum is planned unless the run could not run', () => {
    fc.assert(
      fc.property(arbitraryReport, ({ totals, cases, planned, verdict }) => {
        const sum = OUTCOMES.reduce((total, outcome) => total + totals[outcome], 0);
        expect(sum).toBe(cases.length);
        if (verdict !== 'could-not-run') expect(planned).toBe(sum);
      }),
    );
  });

  it.each([
    [
      'a total that is one off',
      { totals: { ...failingReport.totals, passed: 5 } },
      'totals.passed: is 5, but 4',
    ],
    ['a verdict that does not follow', { verdict: 'conformant' }, 'verdict: is conformant, but totals'],
    ['a planned case without an outcome', { planned: 10 }, 'verdict: is not-conformant, but totals'],
    ['another schemaVersion', { schemaVersion: 2 }, 'schemaVersion: '],
  ])('is refused with %s', (_what, change, problem) => {
    expect(problemsOf({ ...failingReport, ...change })).toContainEqual(expect.stringContaining(problem));
  });

  it.each([
    ['a failure that names no mismatch', { outcome: 'failed' }, 'mismatches: is empty'],
    ['a skip without a reason', { outcome: 'skipped' }, 'reason: is missing'],
    ['a row that is not there', { row: 'S15' }, 'row: '],
    ['evidence outside the folder of the report', { evidence: 'evidence/../../etc' }, 'evidence: '],
    ['evidence at an absolute path', { evidence: '/etc' }, 'evidence: '],
    ['an outcome of another name', { outcome: 'flaky' }, 'outcome: '],
  ])('is refused with %s', (_what, change, problem) => {
    const [first, ...rest] = passingReport.cases;
    expect(problemsOf({ ...passingReport, cases: [{ ...first, ...change }, ...rest] })).toContainEqual(
      expect.stringContaining(`cases.0.${problem}`),
    );
  });

  it('is refused with two cases of one name, whose evidence would be one folder', () => {
    const cases = [...passingReport.cases.slice(1), sampleCase('S4', 'routing/path/user-service')];
    expect(problemsOf({ ...passingReport, cases })).toEqual([
      'cases.5.name: routing/path/user-service is there twice',
    ]);
  });

  it('may carry fields that this version does not know', () => {
    expect(problemsOf({ ...passingReport, later: true })).toEqual([]);
  });

  it('is what docs/report.schema.json says (`vitest -u` writes it anew)', async () => {
    const schema = await format(JSON.stringify(reportJsonSchema()), { parser: 'json', printWidth: 110 });
    await expect(schema).toMatchFileSnapshot(resolve(import.meta.dirname, '../../docs/report.schema.json'));
  });
});

describe('the verdict', () => {
  const verdict = (outcomes: readonly (typeof OUTCOMES)[number][], planned = outcomes.length) =>
    verdictOf(totalsOf(outcomes.map((outcome) => ({ outcome }))), planned);

  it.each([
    ['all passed', verdict(['passed', 'passed']), 'conformant'],
    ['known failures failed', verdict(['passed', 'known-failing', 'skipped']), 'conformant'],
    ['one failed', verdict(['passed', 'failed']), 'not-conformant'],
    ['a known failure passed', verdict(['passed', 'unexpectedly-passed']), 'not-conformant'],
    ['one could not run', verdict(['failed', 'could-not-run']), 'could-not-run'],
    ['nothing was planned', verdict([]), 'could-not-run'],
    ['one has no outcome', verdict(['passed'], 2), 'could-not-run'],
    ['one too many has an outcome', verdict(['passed', 'passed'], 1), 'could-not-run'],
  ])('%s', (_what, got, expected) => expect(got).toBe(expected));

  it.each([
    [passingReport.reason, 'All 6 cases passed.'],
    [
      failingReport.reason,
      '2 of 9 cases failed, 1 listed as known failing passed, in S4 Path routing, S6 Retries and S8 gRPC-Web.',
    ],
    [
      couldNotRunReport.reason,
      'istiod ended with signal SIGKILL while configuration path-routes was applied.',
    ],
  ])('gives its reason: %s', (reason, expected) => expect(reason).toBe(expected));
});
