import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assembleReport } from '../../src/report/assemble.ts';
import type { Report } from '../../src/report/schema.ts';
import { summary } from '../../src/report/summary.ts';
import { arbitraryReport } from './arbitrary-report.ts';
import { couldNotRunReport, failingReport, passingReport, sampleCase } from './samples.ts';

const files = { json: 'results/report.json', junit: 'results/junit.xml', html: 'results/report.html' };
const plain = (report: Report, width = 80) => summary(report, { colour: false, width, files });

describe('the summary in the terminal', () => {
  it('of a conformant run', () =>
    expect(plain(passingReport)).toMatchInlineSnapshot(`
    "  S1   TLS gateway             2 passed
      S3   Plaintext HTTP/2 (h2c)  1 passed
      S4   Path routing            2 passed
      S5   Long-lived streams      1 passed

    ✓ Conformant: All 6 cases passed.
      6 planned: 6 passed, in 2 min 41 s

      results/report.html
      results/report.json
      results/junit.xml
    "
  `));

  it('of a run that is not conformant', () =>
    expect(plain(failingReport)).toMatchInlineSnapshot(`
      "Failed

        1) S4 Path routing  routing/path/user-service (tls, unary, grpc-js)
           answering service [client]
             expected user-grpc-service
             got      order-grpc-service
           upstream cluster [gateway]
             expected outbound|50051||user-grpc-service.default.svc.cluster.local
             got      outbound|50051||order-grpc-service.default.svc.cluster.local
           evidence: results/evidence/routing/path/user-service

        2) S6 Retries  retries/status/unavailable (tls, unary, grpc-js)
           attempts: expected 4, got 1 [ledger]
           evidence: results/evidence/retries/status/unavailable

        3) S8 gRPC-Web  grpc-web/text (tls, unary, undici)
           It is listed as known failing, yet it passed: take it off the list. It is
           listed because of: an old note

      Failed as listed
        1 case (S6): envoyproxy/envoy 1234

      Skipped
        1 case (S9): no Chromium on this machine

        S1   TLS gateway             2 passed
        S3   Plaintext HTTP/2 (h2c)  1 passed
        S4   Path routing            1 passed  1 failed
        S6   Retries                 1 failed  1 known failing
        S8   gRPC-Web                1 unexpectedly passed
        S9   CORS for gRPC-Web       1 skipped

      ✗ Not conformant: 2 of 9 cases failed, 1 listed as known failing passed, in S4
        Path routing, S6 Retries and S8 gRPC-Web.
        9 planned: 4 passed  2 failed  1 known failing  1 unexpectedly passed  1 skipped, in 2 min 41 s

        results/report.html
        results/report.json
        results/junit.xml

      Run again what is not green (with --tap to see the frames of both legs):
        npm run e2e -- --patch swap-selectors.yaml --known-failing known-failing.yaml --only 'S4/**' --only 'S6/**' --only 'S8/**'
      "
    `));

  it('of a run that could not run', () =>
    expect(plain(couldNotRunReport)).toMatchInlineSnapshot(`
    "Did not run
      3 cases (S4): configuration path-routes did not reach the gateway within 30 s
      2 planned cases: no outcome, the run ended before

      S1   TLS gateway   1 passed
      S4   Path routing  3 could not run

    ? Could not run: istiod ended with signal SIGKILL while configuration
      path-routes was applied.
      6 planned: 1 passed  3 could not run, in 2 min 41 s

      results/report.html
      results/report.json
      results/junit.xml

    Run again what is not green:
      npm run e2e
    "
  `));

  it('is the same text with colours', () => {
    const coloured = summary(failingReport, { colour: true, width: 80, files });
    expect(coloured).toContain('\u001b[31m');
    expect(stripVTControlCharacters(coloured)).toBe(plain(failingReport));
  });

  it('lets nothing from a report control the terminal', () => {
    fc.assert(
      fc.property(arbitraryReport, (report) => {
        expect(plain(report)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
      }),
    );
  });

  it('names one failing case by its name, so that the command runs that one alone', () => {
    const cases = failingReport.cases.slice(0, 4);
    const text = plain(
      assembleReport({ ...failingReport, patch: null, knownFailing: [], planned: 4, cases }),
    );
    expect(text).toContain('npm run e2e -- --only S4/routing/path/user-service\n');
  });

  it('keeps the environment in the command to run again', () => {
    const environment = { ...failingReport.environment, kind: 'kind' as const };
    expect(plain({ ...failingReport, environment })).toContain('npm run e2e -- --env kind --patch');
  });

  it('keeps what was asked of the mesh in it, too', () => {
    const asked = { images: 'built', profile: 'demo', tag: '1.2.3', set: ['a.b=x y'] } as const;
    expect(plain({ ...couldNotRunReport, asked })).toContain(
      "npm run e2e -- --images built --profile demo --tag 1.2.3 --set 'a.b=x y'\n",
    );
  });

  it('counts failures beyond the first twenty', () => {
    const cases = Array.from({ length: 25 }, (_, index) =>
      sampleCase('S6', `retries/${index}`, {
        outcome: 'failed',
        mismatches: [{ witness: 'ledger', what: 'attempts', expected: '4', got: '1', source: '' }],
      }),
    );
    const text = plain(assembleReport({ ...failingReport, planned: 25, cases }));
    expect(text).toContain('  20) S6 Retries  retries/19');
    expect(text).not.toContain('retries/20');
    expect(text).toContain('and 5 more, all in results/report.html');
  });
});
