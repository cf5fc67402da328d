import fc from 'fast-check';
import { expect, test } from 'vitest';
import { githubAnnotations } from '../../src/report/annotations.ts';
import { assembleReport } from '../../src/report/assemble.ts';
import { arbitraryReport } from './arbitrary-report.ts';
import { couldNotRunReport, failingReport, passingReport, sampleCase } from './samples.ts';

test('a conformant run has none', () => expect(githubAnnotations(passingReport)).toEqual([]));

test('each case that somebody has to look at is one error, with all that was said', () => {
  expect(githubAnnotations(failingReport)).toMatchInlineSnapshot(`
    [
      "::error title=S4 Path routing%3A routing/path/user-service::answering service: expected user-grpc-service, got order-grpc-service [client]%0Aupstream cluster: expected outbound|50051||user-grpc-service.default.svc.cluster.local, got outbound|50051||order-grpc-service.default.svc.cluster.local [gateway]",
      "::error title=S6 Retries%3A retries/status/unavailable::attempts: expected 4, got 1 [ledger]",
      "::error title=S8 gRPC-Web%3A grpc-web/text::It is listed as known failing, yet it passed: take it off the list. It is listed because of: an old note",
    ]
  `);
  expect(githubAnnotations(couldNotRunReport)).toHaveLength(3);
});

test('a run that lost all its cases says why', () => {
  const died = { ...couldNotRunReport, cases: [], reason: 'etcd died: 100% full' };
  expect(githubAnnotations(died)).toEqual(['::error title=meshproof::etcd died: 100%25 full']);
});

test('beyond ten they are counted', () => {
  const cases = Array.from({ length: 25 }, (_, index) =>
    sampleCase('S6', `retries/${index}`, { outcome: 'could-not-run', reason: 'x' }),
  );
  const lines = githubAnnotations(assembleReport({ ...passingReport, planned: 25, cases }));
  expect(lines).toHaveLength(10);
  expect(lines.at(-1)).toBe('::error title=meshproof::16 more cases: see the report');
});

test('nothing in a report can be another command', () => {
  fc.assert(
    fc.property(arbitraryReport, (report) => {
      for (const line of githubAnnotations(report)) {
        expect(line).toMatch(/^::error title=[^:,]*::/);
        expect(line).not.toMatch(/[\r\n]/);
      }
    }),
  );
});
