import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assembleReport } from '../../../src/report/assemble.ts';
import { compareReports } from '../../../src/report/diff/compare.ts';
import { diffMarkdown } from '../../../src/report/diff/markdown.ts';
import { diffText } from '../../../src/report/diff/text.ts';
import type { Report } from '../../../src/report/schema.ts';
import { arbitraryReport } from '../arbitrary-report.ts';
import { failingReport, passingReport, sampleCase } from '../samples.ts';

const text = (before: Report, after: Report) =>
  diffText(compareReports(before, after), { before, after }, false);
const markdown = (before: Report, after: Report) =>
  diffMarkdown(compareReports(before, after), { before, after });

const onEnvoy = (envoy: string): Report => ({
  ...passingReport,
  versions: { ...passingReport.versions, envoy },
});

describe('known differences between versions', () => {
  it('are those of the versions in between, up or down', () => {
    for (const [one, other] of [
      ['1.36.4', '1.40.0'],
      ['1.40.0', '1.36.4'],
    ] as const) {
      const said = text(onEnvoy(one), onEnvoy(other));
      expect(said).toContain('INTERNAL_ERROR by default');
      expect(said).toContain('DEADLINE_EXCEEDED instead of UNAVAILABLE');
      // Both have the limits of 1.36.
      expect(said).not.toContain('1024 concurrent streams');
      expect(markdown(onEnvoy(one), onEnvoy(other))).toContain('envoy 1.37');
    }
  });

  it('name the cases that passed in both and have shown them', () => {
    const shows = (envoy: string, says: string): Report => ({
      ...onEnvoy(envoy),
      planned: 1,
      cases: [sampleCase('S5', 'streaming/timer', { behaviour: { difference: 'reset-code', says } })],
    });
    const [old, renewed] = [shows('1.36.4', 'NO_ERROR'), shows('1.40.0', 'INTERNAL_ERROR')];
    expect(text(old, renewed)).toContain('streaming/timer: NO_ERROR → INTERNAL_ERROR');
    expect(markdown(old, renewed)).toContain('<code>streaming/timer</code>: NO');
    // What failed has shown nothing, and what says the same has not changed.
    expect(text(old, onEnvoy('1.40.0'))).not.toContain('NO_ERROR →');
    expect(text(old, shows('1.40.0', 'NO_ERROR'))).not.toContain('NO_ERROR →');
  });

  it('are none within one version', () => {
    expect(compareReports(onEnvoy('1.40.0'), onEnvoy('1.40.1')).known).toEqual([]);
  });
});

describe('the comparison in the terminal', () => {
  it('names what regressed and why, what was lost, and concludes', () =>
    expect(text(passingReport, failingReport)).toMatchInlineSnapshot(`
      "before  2026-03-04 02:15 UTC, local, Istio 1.31.0: Conformant, 6 cases
      after   2026-03-04 02:15 UTC, local, Istio 1.31.0: Not conformant, 9 cases

      Tested with
        patches  not said → swap-selectors.yaml

      Regressions
        S4 Path routing  routing/path/user-service
          ✓ passed → ✗ failed
          answering service: expected user-grpc-service, got order-grpc-service [client], and 1 more

      Worked before, did not run after
        S5 Long-lived streams  streams/quiet/server-stream
          ✓ passed → ∅ absent

      Other changes
        S6 Retries  retries/status/unavailable
          ∅ absent → ✗ failed
          attempts: expected 4, got 1 [ledger]
        S6 Retries  retries/deadline
          ∅ absent → ≈ known failing
          grpc-status: expected 4, got 14 [client]
        S8 gRPC-Web  grpc-web/text
          ∅ absent → ! unexpectedly passed
          an old note
        S9 CORS for gRPC-Web  cors/chromium
          ∅ absent → – skipped
          no Chromium on this machine

      Regressed: 1 regressed, 1 worked before and did not run after, 4 changed otherwise; 4 cases with the same outcome.
      "
    `));

  it('of a report with itself is its conclusion', () => {
    expect(text(failingReport, failingReport)).toContain(
      '\n\nNo regression: 9 cases with the same outcome.\n',
    );
  });

  it('lets nothing from a report control the terminal', () => {
    fc.assert(
      fc.property(arbitraryReport, arbitraryReport, (before, after) => {
        expect(text(before, after)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
      }),
    );
  });
});

describe('the comparison as Markdown', () => {
  it('is a page of headings and tables', () =>
    expect(markdown(passingReport, failingReport)).toMatchInlineSnapshot(`
      "## ❌ Regressed: 1 regressed, 1 worked before and did not run after, 4 changed otherwise; 4 cases with the same outcome.

      Before: 2026-03-04 02:15 UTC, local, Istio 1.31.0: Conformant, 6 cases<br>After: 2026-03-04 02:15 UTC, local, Istio 1.31.0: Not conformant, 9 cases

      ### Regressions (1)

      | Row | Case | Before | After | Why |
      | --- | --- | --- | --- | --- |
      | S4 Path routing | <code>routing/path/user-service</code> | ✓ passed | ✗ failed | answering service: expected user-grpc-service, got order-grpc-service &#91;client&#93;, and 1 more |

      ### Worked before, did not run after (1)

      | Row | Case | Before | After | Why |
      | --- | --- | --- | --- | --- |
      | S5 Long-lived streams | <code>streams/quiet/server-stream</code> | ✓ passed | ∅ absent |  |

      ### Other changes (4)

      | Row | Case | Before | After | Why |
      | --- | --- | --- | --- | --- |
      | S6 Retries | <code>retries/status/unavailable</code> | ∅ absent | ✗ failed | attempts: expected 4, got 1 &#91;ledger&#93; |
      | S6 Retries | <code>retries/deadline</code> | ∅ absent | ≈ known failing | grpc-status: expected 4, got 14 &#91;client&#93; |
      | S8 gRPC-Web | <code>grpc-web/text</code> | ∅ absent | ! unexpectedly passed | an old note |
      | S9 CORS for gRPC-Web | <code>cors/chromium</code> | ∅ absent | – skipped | no Chromium on this machine |

      ### Tested with (1)

      |  | Before | After |
      | --- | --- | --- |
      | patches | not said | swap-selectors.yaml |
      "
    `));

  it('folds long lists away, and counts what is beyond reading', () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => sampleCase('S6', `retries/${i}`));
    const none = assembleReport({ ...passingReport, planned: 0, cases: [] });
    const of = (count: number) =>
      markdown(none, assembleReport({ ...passingReport, planned: count, cases: many(count) }));
    expect(of(10)).toContain('### Other changes (10)');
    expect(of(11)).toContain('<details>\n<summary><b>Other changes (11)</b></summary>\n\n| Row |');
    expect(of(1000)).toContain('and 800 more');
  });

  it('has the same structure whatever a report says', () => {
    const cells = (line: string) => line.split('|').length;
    fc.assert(
      fc.property(arbitraryReport, arbitraryReport, (before, after) => {
        let columns = 0;
        for (const line of markdown(before, after).split('\n')) {
          // A table is a block of lines that begin with a bar; all of them have as many bars.
          if (line.startsWith('|')) {
            if (columns !== 0) expect(cells(line)).toBe(columns);
            columns = cells(line);
          } else columns = 0;
          expect(line).not.toMatch(/<(?!br>|\/?code>|\/?details>|\/?summary>|\/?b>)/);
          expect(line).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|`|\]\(|!\[/);
        }
      }),
    );
  });
});
