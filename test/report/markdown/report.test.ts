import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inline } from '../../../src/report/markdown/text.ts';
import { markdownReport } from '../../../src/report/markdown/report.ts';
import { arbitraryReport } from '../arbitrary-report.ts';
import { couldNotRunReport, failingReport, passingReport } from '../samples.ts';

describe('report.md', () => {
  it('of a conformant run is short', () =>
    expect(markdownReport(passingReport)).toMatchInlineSnapshot(`
    "## ✅ Conformant: All 6 cases passed.

    local · istio 1.31.0 · envoy 1.39.0 (build 4f2a91c0/Clean/RELEASE/BoringSSL) · kubernetes v1.36.1 · stock Envoy · 2026-03-04 02:15 UTC · 6 planned cases in 2 min 41 s

    | Row | passed |
    | --- | --- |
    | S1 TLS gateway | 2 |
    | S3 Plaintext HTTP/2 (h2c) | 1 |
    | S4 Path routing | 2 |
    | S5 Long-lived streams | 1 |
    "
  `));
  it('names the failed cases with every mismatch', () =>
    expect(markdownReport(failingReport)).toMatchInlineSnapshot(`
      "## ❌ Not conformant: 2 of 9 cases failed, 1 listed as known failing passed, in S4 Path routing, S6 Retries and S8 gRPC-Web.

      local · istio 1.31.0 · envoy 1.39.0 (build 4f2a91c0/Clean/RELEASE/BoringSSL) · kubernetes v1.36.1 · stock Envoy · 2026-03-04 02:15 UTC · 9 planned cases in 2 min 41 s

      | Row | passed | failed | known failing | unexpectedly passed | skipped |
      | --- | --- | --- | --- | --- | --- |
      | S1 TLS gateway | 2 | 0 | 0 | 0 | 0 |
      | S3 Plaintext HTTP/2 (h2c) | 1 | 0 | 0 | 0 | 0 |
      | S4 Path routing | 1 | 1 | 0 | 0 | 0 |
      | S6 Retries | 0 | 1 | 1 | 0 | 0 |
      | S8 gRPC-Web | 0 | 0 | 0 | 1 | 0 |
      | S9 CORS for gRPC-Web | 0 | 0 | 0 | 0 | 1 |

      ### Failed (3)

      | Row | Case | What was said |
      | --- | --- | --- |
      | S4 Path routing | <code>routing/path/user-service</code> | answering service: expected user-grpc-service, got order-grpc-service &#91;client&#93;<br>upstream cluster: expected outbound&#124;50051&#124;&#124;user-grpc-service.default.svc.cluster.local, got outbound&#124;50051&#124;&#124;order-grpc-service.default.svc.cluster.local &#91;gateway&#93; |
      | S6 Retries | <code>retries/status/unavailable</code> | attempts: expected 4, got 1 &#91;ledger&#93; |
      | S8 gRPC-Web | <code>grpc-web/text</code> | It is listed as known failing, yet it passed: take it off the list. It is listed because of: an old note |

      ### Failed as listed (1)

      | Row | Case | What was said |
      | --- | --- | --- |
      | S6 Retries | <code>retries/deadline</code> | Listed because of: envoyproxy/envoy 1234<br>grpc-status: expected 4, got 14 &#91;client&#93; |

      ### Skipped

      | Cases | Rows | Reason |
      | --- | --- | --- |
      | 1 | S9 | no Chromium on this machine |

      Run again what is not green (with --tap to see the frames of both legs): <code>npm run e2e -- --patch swap-selectors.yaml --known-failing known-failing.yaml --only &#39;S4/&#42;&#42;&#39; --only &#39;S6/&#42;&#42;&#39; --only &#39;S8/&#42;&#42;&#39;</code>
      "
    `));
  it('says what kept cases from running', () => {
    const page = markdownReport(couldNotRunReport);
    expect(page).toContain('| 3 | S4 | configuration path-routes did not reach the gateway within 30 s |');
    expect(page).toContain('| 2 |  | no outcome: the run ended before they were reached |');
  });

  it('lets nothing from a report act as markup', () => {
    fc.assert(
      fc.property(arbitraryReport, (report) => {
        const page = markdownReport(report);
        expect(page).not.toMatch(/<(?!br>|\/?code>|\/?details>|\/?summary>|\/?b>)/);
        expect(page).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|`/);
      }),
    );
  });

  it('keeps text as it is for the reader', () => {
    expect(inline('a|b\n*c* <d> @e #1 [f](g) $x$')).toBe(
      'a&#124;b<br>&#42;c&#42; &#60;d&#62; &#64;e &#35;1 &#91;f&#93;(g) &#36;x&#36;',
    );
  });
});
