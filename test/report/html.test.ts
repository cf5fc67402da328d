import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { htmlReport } from '../../src/report/html.ts';
import type { Report } from '../../src/report/schema.ts';
import { arbitraryReport } from './arbitrary-report.ts';
import { couldNotRunReport, failingReport, passingReport } from './samples.ts';

const HOSTILE = [
  '</script><script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '<!-- -->]]></style><iframe src="https://example.com">',
];

/** The tags of a page in order, attributes' values left out: what a browser builds, without what it shows. */
function skeleton(html: string): string[] {
  return [...html.matchAll(/<\/?([a-z][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*>/g)].map(
    ([, name, attributes]) => `${name ?? ''}${(attributes ?? '').replaceAll(/="[^"]*"/g, '')}`,
  );
}

/** The failing report with `suffix` on every text that comes from a server, a file or a person. */
function withSuffix(suffix: string): Report {
  const to = (text: string) => text + suffix;
  return {
    ...failingReport,
    reason: to(failingReport.reason),
    command: failingReport.command.map(to),
    notes: failingReport.notes.map(to),
    patch: (failingReport.patch ?? []).map(to),
    versions: Object.fromEntries(
      Object.entries(failingReport.versions).map(([key, value]) => [key, to(value)]),
    ),
    environment: { ...failingReport.environment, name: to(failingReport.environment.name) },
    steps: failingReport.steps.map((step) => ({ ...step, title: to(step.title) })),
    cases: failingReport.cases.map((one) => ({
      ...one,
      name: to(one.name),
      title: to(one.title),
      client: to(one.client),
      configuration: to(one.configuration),
      ...(one.reason === undefined ? {} : { reason: to(one.reason) }),
      ...(one.evidence === undefined ? {} : { evidence: to(one.evidence) }),
      mismatches: one.mismatches.map((mismatch) => ({
        ...mismatch,
        what: to(mismatch.what),
        expected: to(mismatch.expected),
        got: to(mismatch.got),
        source: to(mismatch.source),
      })),
    })),
  };
}

/** Marking what differs between two values depends on the values, as it should. */
const withoutMarks = (tags: string[]) => tags.filter((tag) => tag !== 'mark');

describe('report.html', () => {
  it.each(HOSTILE)('shows %s as text wherever it may come from', (hostile) => {
    const harmless = 'x'.repeat(hostile.length);
    const page = htmlReport(withSuffix(hostile));
    expect(withoutMarks(skeleton(page))).toEqual(withoutMarks(skeleton(htmlReport(withSuffix(harmless)))));
    expect(page).not.toContain(hostile);
  });

  it('has no control character and no script but its own, whatever the report says', () => {
    fc.assert(
      fc.property(arbitraryReport, (report) => {
        const page = htmlReport(report);
        expect(page).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
        expect(skeleton(page).filter((tag) => tag.startsWith('script'))).toHaveLength(2);
      }),
    );
  });

  it('lets the browser run its own script only, by the hash of it', () => {
    const page = htmlReport(passingReport);
    const script = /<script>([^]*)<\/script>/.exec(page)?.[1] ?? '';
    const hash = createHash('sha256').update(script).digest('base64');
    expect(page.replaceAll('&#39;', "'")).toContain(`script-src 'sha256-${hash}'`);
  });

  it('needs nothing from anywhere else', () => {
    for (const report of [passingReport, failingReport, couldNotRunReport]) {
      expect(htmlReport(report)).not.toMatch(/\ssrc=|<link|@import|url\(|https?:/);
    }
  });

  it('says verdict and reason first, then the failures with every witness and the evidence', () => {
    const page = htmlReport(failingReport);
    const order = [
      'Not conformant',
      failingReport.reason,
      'What failed',
      'said by client 1, gateway 1',
      'href="./evidence/routing/path/user-service/"',
      'Row by row',
      'Every case',
      'Where the time went',
      'What was tested',
    ].map((text) => page.indexOf(text, page.indexOf('<body>')));
    expect(order).not.toContain(-1);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  it('says why a case is listed as known failing, whether it fails or passes', () => {
    const page = htmlReport(failingReport);
    expect(page).toContain('envoyproxy/envoy 1234</span>');
    expect(page).toContain('It is listed because of: an old note');
  });

  it('names what no case asked for, and cases that were never reached', () => {
    expect(htmlReport(failingReport)).toMatch(/nothing proven: S2 gRPC routes live under http, S5/);
    expect(htmlReport(couldNotRunReport)).toContain('2 planned cases without any outcome');
  });

  it('does not speak of failures when there are none', () => {
    expect(htmlReport(passingReport)).not.toContain('What failed');
  });
});
