import { describe, expect, test } from 'vitest';
import { upgradeHtml } from '../../../src/report/upgrade/html.ts';
import { upgradeText } from '../../../src/report/upgrade/text.ts';
import { type UpgradeFacts, upgradeReport } from '../../../src/report/upgrade/upgrade.ts';
import { sampleAccount, sampleResult } from '../../traffic/accounts.ts';
import type { Report, ReportCase } from '../../../src/report/schema.ts';
import { passingReport, sampleCase } from '../samples.ts';

const reportOf = (one: ReportCase): Report => ({ ...passingReport, planned: 1, cases: [one] });

const worked = reportOf(sampleCase('S4', 'routing/a'));
const failed = reportOf(sampleCase('S4', 'routing/a', { outcome: 'failed' }));
const facts: UpgradeFacts = {
  startedAt: '2026-11-21T00:00:00.000Z',
  from: { envoy: '1.36.4' },
  to: { envoy: '1.40.0' },
  strategy: 'in-place',
  suites: { before: worked, after: worked },
  forward: sampleResult(),
};

describe('the verdict of an upgrade', () => {
  test('nothing lost, no case worse: conformant', () => {
    const report = upgradeReport(facts);
    expect(report).toMatchObject({ verdict: 'conformant', reasons: [] });
    expect(upgradeText(report, false)).toContain('envoy 1.36.4 → envoy 1.40.0');
  });

  test('a stream that was told to go and one that could not be told are counted apart', () => {
    const streams = { 'cut after GOAWAY': 3, 'cut without GOAWAY, quiet': 2, reset: 1 } as const;
    const report = upgradeReport({ ...facts, forward: sampleResult(sampleAccount({ streams })) });
    expect(report.losses.forward).toEqual({
      unary: 0,
      streamsAfterGoaway: 3,
      streamsQuiet: 2,
      streamsOtherwise: 1,
    });
  });

  test.each<[string, Partial<UpgradeFacts>, string]>([
    [
      'a finding of the traffic',
      {
        forward: sampleResult(undefined, {
          findings: [{ what: 'unary RPCs: reset', expected: 'none', got: '2' }],
        }),
      },
      'During the upgrade, unary RPCs: reset',
    ],
    [
      'a finding of the way back',
      {
        rollback: sampleResult(undefined, {
          findings: [{ what: 'streams: reset', expected: 'none', got: '1' }],
        }),
      },
      'During the rollback, streams: reset',
    ],
    [
      'a case that became worse',
      { suites: { before: worked, after: failed } },
      'routing/a failed after the upgrade',
    ],
    [
      'a case that stays worse after the rollback',
      { suites: { before: worked, after: worked, rolledBack: failed } },
      'routing/a failed after the rollback',
    ],
    [
      'an EnvoyFilter that no longer applies',
      {
        forward: sampleResult(undefined, {
          live: {
            envoy: ['a', 'b'],
            leaves: [],
            runtime: [],
            http2: [],
            filtersGone: [{ chain: 'l', filter: 'grpc_web' }],
            filtersNew: [],
            rejected: [],
          },
        }),
      },
      'The filter grpc_web is no longer in l',
    ],
  ])('%s: not conformant, and said', (_what, more, says) => {
    const report = upgradeReport({ ...facts, ...more });
    expect(report.verdict).toBe('not-conformant');
    expect(report.reasons.join()).toContain(says);
    expect(upgradeText(report, false)).toContain(says);
    expect(upgradeHtml(report)).toContain(says.split(':')[0]);
  });

  test('the page loads nothing, and shows what peers said as text', () => {
    const hostile = '<script>alert(1)</script>';
    const account = sampleAccount({ marks: [{ what: hostile, atMs: 1 }] });
    const page = upgradeHtml(upgradeReport({ ...facts, forward: sampleResult(account) }));
    expect(page).not.toContain(hostile);
    expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });
});
