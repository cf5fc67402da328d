import { expect, test } from 'vitest';
import { markdownReport } from '../../src/report/markdown/report.ts';
import { htmlReport } from '../../src/report/html.ts';
import { toldTables } from '../../src/report/told-tables.ts';
import { assembleReport } from '../../src/report/assemble.ts';
import type { ReportCase } from '../../src/report/schema.ts';
import { passingReport, sampleCase } from './samples.ts';

const telling = (line: string, column: string, says: string, more: Partial<ReportCase> = {}): ReportCase =>
  sampleCase('S3', `h2c/${line}/${column}/${says}`, {
    cell: { table: 'h2c-clients', line, column, says },
    ...more,
  });

const cases = [
  sampleCase('S4', 'routing/a'),
  telling('grpc-js', 'prior knowledge', 'yes'),
  telling('grpc-js', 'prior knowledge', 'yes'),
  telling('grpc-go', 'prior knowledge', 'yes', { outcome: 'skipped', reason: 'no docker' }),
  telling('undici', 'prior knowledge', 'yes', {
    outcome: 'failed',
    mismatches: [{ witness: 'client', what: 'w', expected: 'e', got: 'g', source: 's' }],
  }),
  telling('undici', 'prior knowledge', 'yes'),
  telling('undici', 'Upgrade', 'answered over HTTP/1.1'),
];

test('a cell says what its cases stand for only when all of them that ran have passed', () => {
  expect(toldTables({ cases })).toEqual([
    {
      title: 'Who speaks plaintext HTTP/2 (h2c)',
      columns: ['prior knowledge', 'Upgrade'],
      lines: [
        { head: 'grpc-js', cells: ['yes', ''] },
        { head: 'grpc-go', cells: ['not run', ''] },
        { head: 'undici', cells: ['not as expected: 1 case of 2', 'answered over HTTP/1.1'] },
      ],
    },
  ]);
});

test('no table stands in a report whose cases fill none', () => {
  expect(toldTables({ cases: [sampleCase('S4', 'routing/a')] })).toEqual([]);
});

test('the tables stand in the page and in the job summary', () => {
  const report = assembleReport({ ...passingReport, cases, planned: cases.length });
  for (const text of [htmlReport(report), markdownReport(report)]) {
    expect(text).toContain('Who speaks plaintext HTTP/2');
    expect(text).toContain('not as expected: 1 case of 2');
  }
});
