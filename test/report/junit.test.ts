import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { junitXml } from '../../src/report/junit.ts';
import { arbitraryReport } from './arbitrary-report.ts';
import { couldNotRunReport, failingReport, passingReport } from './samples.ts';
import { parseStrictXml } from './strict-xml.ts';
import type { XmlElement } from './strict-xml.ts';

const suitesOf = (root: XmlElement) => root.children;
const casesOf = (suite: XmlElement) => suite.children.filter(({ name }) => name === 'testcase');
const named = (root: XmlElement, name: string) =>
  suitesOf(root)
    .flatMap(casesOf)
    .find(({ attributes }) => attributes.name === name)?.children[0];

describe('junit.xml', () => {
  it('is well-formed whatever the report says, and its counts are those of its elements', () => {
    fc.assert(
      fc.property(arbitraryReport, (report) => {
        const root = parseStrictXml(junitXml(report));
        const cases = suitesOf(root).flatMap(casesOf);
        const count = (element: string) =>
          cases.filter(({ children }) => children[0]?.name === element).length;
        expect(root.attributes).toMatchObject({
          tests: String(cases.length),
          failures: String(count('failure')),
          errors: String(count('error')),
          skipped: String(count('skipped')),
        });
      }),
    );
  });

  it('is green for a CI system exactly when the run is conformant', () => {
    fc.assert(
      fc.property(arbitraryReport, (report) => {
        const { failures, errors } = parseStrictXml(junitXml(report)).attributes;
        expect(failures === '0' && errors === '0').toBe(report.verdict === 'conformant');
      }),
    );
  });

  it('has one suite per row, in their order', () => {
    expect(
      suitesOf(parseStrictXml(junitXml(passingReport))).map(({ attributes }) => attributes.name),
    ).toEqual(['S1 TLS gateway', 'S3 Plaintext HTTP/2 (h2c)', 'S4 Path routing', 'S5 Long-lived streams']);
  });

  it('tells a failure with every mismatch and where the evidence is', () => {
    const failure = named(parseStrictXml(junitXml(failingReport)), 'routing/path/user-service');
    expect(failure?.name).toBe('failure');
    expect(failure?.attributes.message).toContain(
      'answering service: expected user-grpc-service, got order-grpc-service [client]',
    );
    expect(failure?.text).toContain('[gateway]');
    expect(failure?.text).toContain('evidence: evidence/routing/path/user-service');
  });

  it('tells known-failing as skipped and unexpectedly-passed as a failure', () => {
    const root = parseStrictXml(junitXml(failingReport));
    expect(named(root, 'retries/deadline')).toMatchObject({
      name: 'skipped',
      attributes: { message: 'known failing: envoyproxy/envoy 1234' },
    });
    expect(named(root, 'grpc-web/text')).toMatchObject({
      name: 'failure',
      attributes: { message: expect.stringContaining('It is listed because of: an old note') as unknown },
    });
    expect(named(root, 'cors/chromium')).toMatchObject({
      name: 'skipped',
      attributes: { message: 'no Chromium on this machine' },
    });
  });

  it('has an error for cases that were never reached, since no case of theirs is there to carry it', () => {
    const root = parseStrictXml(junitXml(couldNotRunReport));
    expect(root.attributes).toMatchObject({ tests: '5', errors: '4' });
    expect(named(root, 'the run as a whole')?.attributes.message).toBe(couldNotRunReport.reason);
  });
});
