import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OUTCOMES, type Mismatch, type Outcome } from '../../../src/conformance/outcomes.ts';
import { assembleReport } from '../../../src/report/assemble.ts';
import { type Standing, compareReports, kindOf } from '../../../src/report/diff/compare.ts';
import type { Report, ReportCase } from '../../../src/report/schema.ts';
import { arbitraryReport } from '../arbitrary-report.ts';
import { passingReport, sampleCase } from '../samples.ts';

/** The passing report with these cases instead. */
const reportOf = (...cases: ReportCase[]): Report =>
  assembleReport({ ...passingReport, planned: cases.length, cases });

const attempts = (got: string): Mismatch => ({
  witness: 'ledger',
  what: 'attempts',
  expected: '4',
  got,
  source: '',
});
const ending = (outcome: Outcome, more: Partial<ReportCase> = {}): ReportCase =>
  sampleCase('S6', 'retries/x', {
    outcome,
    ...(outcome === 'failed' || outcome === 'known-failing' ? { mismatches: [attempts('1')] } : {}),
    ...(outcome === 'skipped' || outcome === 'could-not-run' ? { reason: 'no reason' } : {}),
    ...more,
  });

/** Two reports that share cases, as two nights do: each case of the one is there again, gone, or ended otherwise. */
const twoNights: fc.Arbitrary<{ before: Report; after: Report }> = fc
  .record({
    before: arbitraryReport,
    after: arbitraryReport,
    kept: fc.infiniteStream(fc.constantFrom('gone', 'again', 'otherwise')),
    outcome: fc.infiniteStream(fc.constantFrom(...OUTCOMES)),
  })
  .map(({ before, after, kept, outcome }) => {
    const again = before.cases.flatMap((one): ReportCase[] => {
      const fate = kept.next().value as string;
      if (fate === 'gone') return [];
      const { name, row, durationMs } = one;
      const other = ending(outcome.next().value as Outcome, { name, row, durationMs: durationMs * 3 });
      return [fate === 'again' ? one : { ...other, environment: one.environment }];
    });
    const known = new Set(again.map(({ environment, name }) => `${environment} ${name}`));
    const fresh = after.cases.filter(({ environment, name }) => !known.has(`${environment} ${name}`));
    const cases = [...again, ...fresh];
    return { before, after: assembleReport({ ...after, planned: cases.length, cases }) };
  });

describe('the laws of comparing', () => {
  it('a report differs from itself in nothing', () => {
    fc.assert(
      fc.property(arbitraryReport, (report) => {
        expect(compareReports(report, report, true)).toEqual({
          regressed: false,
          outcomes: [],
          mismatches: [],
          durations: [],
          facts: [],
          known: [],
          unchanged: report.cases.length,
        });
      }),
    );
  });

  it('the other way round, every change is the same change backwards', () => {
    fc.assert(
      fc.property(twoNights, ({ before, after }) => {
        const there = compareReports(before, after);
        const back = compareReports(after, before);
        const sorted = (lines: readonly string[]) => lines.toSorted();
        expect(sorted(there.outcomes.map((one) => `${one.name} ${one.before} ${one.after}`))).toEqual(
          sorted(back.outcomes.map((one) => `${one.name} ${one.after} ${one.before}`)),
        );
        expect(sorted(there.facts.map((one) => `${one.name} ${one.before} ${one.after}`))).toEqual(
          sorted(back.facts.map((one) => `${one.name} ${one.after} ${one.before}`)),
        );
        expect(sorted(there.durations.map((one) => `${one.name} ${one.beforeMs} ${one.afterMs}`))).toEqual(
          sorted(back.durations.map((one) => `${one.name} ${one.afterMs} ${one.beforeMs}`)),
        );
        expect(sorted(there.mismatches.map((one) => JSON.stringify([one.gone, one.added])))).toEqual(
          sorted(back.mismatches.map((one) => JSON.stringify([one.added, one.gone]))),
        );
        expect(there.unchanged).toBe(back.unchanged);
        // What is a regression is a fix on the way back.
        const fixes = new Set(back.outcomes.filter(({ kind }) => kind === 'fix').map(({ name }) => name));
        for (const { kind, name } of there.outcomes) if (kind === 'regression') expect(fixes).toContain(name);
      }),
    );
  });

  it('every case of either report is unchanged, or in the list once', () => {
    fc.assert(
      fc.property(twoNights, ({ before, after }) => {
        const { outcomes, unchanged } = compareReports(before, after);
        const names = (report: Report) => report.cases.map(({ name }) => name);
        const all = new Set([...names(before), ...names(after)]);
        // A case that could not run in both reports, there and not there, is no change.
        if (before.planned > before.cases.length || after.planned > after.cases.length) return;
        if (new Set(names(before)).size < before.cases.length) return;
        if (new Set(names(after)).size < after.cases.length) return;
        expect(outcomes.length + unchanged).toBe(all.size);
      }),
    );
  });
});

describe('what a changed outcome means', () => {
  const table: Readonly<Record<Standing, Partial<Record<Standing, string>>>> = {
    passed: {
      failed: 'regression',
      'could-not-run': 'regression',
      skipped: 'lost',
      absent: 'lost',
      'known-failing': 'other',
      'unexpectedly-passed': 'other',
    },
    'unexpectedly-passed': { failed: 'regression', 'known-failing': 'other', passed: 'other' },
    failed: { passed: 'fix', 'known-failing': 'other', 'could-not-run': 'other', absent: 'other' },
    'known-failing': { passed: 'fix', 'unexpectedly-passed': 'fix', failed: 'other' },
    'could-not-run': { passed: 'fix', failed: 'other' },
    skipped: { passed: 'other', failed: 'other', absent: 'other' },
    absent: { passed: 'other', failed: 'other' },
  };
  const rows = Object.entries(table).flatMap(([before, row]) =>
    Object.entries(row).map(([after, kind]) => [before as Standing, after as Standing, kind] as const),
  );
  it.each(rows)('%s, then %s: %s', (before, after, kind) => expect(kindOf(before, after)).toBe(kind));

  it('only regressions regress; what was lost does when that is asked for', () => {
    const works = reportOf(ending('passed'));
    expect(compareReports(works, reportOf(ending('failed'))).regressed).toBe(true);
    expect(compareReports(works, reportOf(ending('skipped'))).regressed).toBe(false);
    expect(compareReports(works, reportOf(ending('skipped')), true).regressed).toBe(true);
    expect(compareReports(works, reportOf(sampleCase('S1', 'tls/y')), true).regressed).toBe(true);
    expect(compareReports(reportOf(ending('failed')), works, true).regressed).toBe(false);
    expect(compareReports(reportOf(ending('passed', { durationMs: 1 })), works, true).regressed).toBe(false);
  });

  it('what a run that died did not get to has not merely gone: it regressed', () => {
    const works = reportOf(ending('passed'));
    const died = assembleReport({ ...passingReport, planned: 1, cases: [] });
    expect(compareReports(works, died)).toMatchObject({
      regressed: true,
      outcomes: [{ kind: 'regression', before: 'passed', after: 'could-not-run' }],
    });
    expect(compareReports(died, works).outcomes).toMatchObject([{ kind: 'fix' }]);
  });

  it('a case is the same in another environment', () => {
    const elsewhere = { environment: 'kind' } as const;
    expect(compareReports(reportOf(ending('passed')), reportOf(ending('passed', elsewhere)))).toMatchObject({
      outcomes: [],
      unchanged: 1,
    });
  });
});

describe('cases that fail in both', () => {
  const failing = (...mismatches: Mismatch[]) => reportOf(ending('failed', { mismatches }));

  it('show what is no longer said, and what is said instead', () => {
    const { mismatches, outcomes } = compareReports(
      failing(attempts('1'), { ...attempts('14'), what: 'grpc-status' }),
      failing(attempts('2'), { ...attempts('14'), what: 'grpc-status' }),
    );
    expect(outcomes).toEqual([]);
    expect(mismatches).toMatchObject([{ gone: [attempts('1')], added: [attempts('2')] }]);
  });

  it.each([
    ['took 20013 ms', 'took 20.1 s'],
    ['10.0.0.7:443', '10.0.1.12:8443'],
    ['request 1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed', 'request 6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b'],
  ])('%s is no other failure than %s', (one, other) => {
    expect(compareReports(failing(attempts(one)), failing(attempts(other))).mismatches).toEqual([]);
  });
});

describe('durations', () => {
  const lasting = (durationMs: number) => reportOf(ending('passed', { durationMs }));
  it.each([
    [1_000, 2_000, true],
    [2_000, 1_000, true],
    [1_000, 1_999, false],
    [10, 900, false],
    [10_000, 19_000, false],
    [10_000, 20_000, true],
  ])('from %d ms to %d ms: notable is %s', (before, after, notable) => {
    const { durations, regressed } = compareReports(lasting(before), lasting(after));
    expect(durations.length === 1).toBe(notable);
    expect(regressed).toBe(false);
  });

  it('are not compared between a case that passed and one that failed', () => {
    const failed = reportOf(ending('failed', { durationMs: 60_000 }));
    expect(compareReports(lasting(10), failed).durations).toEqual([]);
  });

  it('of steps have a rule of their own', () => {
    const bringUp = (seconds: number) => ({
      ...passingReport,
      steps: [{ title: 'Istio', seconds, ok: true }],
    });
    expect(compareReports(bringUp(10), bringUp(16)).durations).toEqual([
      { what: 'step', name: 'Istio', beforeMs: 10_000, afterMs: 16_000 },
    ]);
    expect(compareReports(bringUp(10), bringUp(14)).durations).toEqual([]);
  });
});

it('facts: versions, environment, data plane, what was asked; not the name of a mesh', () => {
  const other: Report = {
    ...passingReport,
    environment: { kind: 'kind', name: 'other', capabilities: ['docker'] },
    versions: { ...passingReport.versions, istio: '1.31.1' },
    asked: { images: 'released', profile: 'demo' },
  };
  const { facts, regressed } = compareReports(passingReport, other);
  expect(regressed).toBe(false);
  expect(facts).toEqual([
    { name: 'environment', before: 'local', after: 'kind' },
    { name: 'capabilities', before: 'load-balancer-address, node-port', after: 'docker' },
    { name: 'istio', before: '1.31.0', after: '1.31.1' },
    { name: 'asked', before: undefined, after: '--images released --profile demo' },
  ]);
});
