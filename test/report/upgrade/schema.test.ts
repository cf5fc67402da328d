import { resolve } from 'node:path';
import { format } from 'prettier';
import { expect, test } from 'vitest';
import { upgradeJsonSchema, upgradeSchema } from '../../../src/report/upgrade/schema.ts';
import { upgradeReport } from '../../../src/report/upgrade/upgrade.ts';
import { sampleAccount, sampleLive, sampleLost, sampleResult } from '../../traffic/accounts.ts';
import { failingReport, passingReport } from '../samples.ts';

const report = upgradeReport({
  startedAt: '2026-11-21T00:00:00.000Z',
  from: { envoy: '1.36.4' },
  to: { envoy: '1.40.0' },
  strategy: 'in-place',
  suites: {
    before: { ...passingReport, versions: { envoy: '1.36.4' } },
    after: failingReport,
    rolledBack: passingReport,
  },
  forward: sampleResult(sampleAccount({ lost: [sampleLost] }), { live: sampleLive }),
  rollback: sampleResult(),
});
const written: unknown = JSON.parse(JSON.stringify(report));

test('what is written is all in the schema', () => {
  expect(report.suites.forward.outcomes).not.toEqual([]);
  expect(report.suites.forward.known).not.toEqual([]);
  expect(upgradeSchema.parse(written)).toEqual(written);
});

test('a report of a run is no report of an upgrade', () => {
  expect(upgradeSchema.safeParse(passingReport).success).toBe(false);
  expect(upgradeSchema.safeParse({ ...report, verdict: 'fine' }).success).toBe(false);
});

test('docs/upgrade.schema.json says the same (`vitest -u` writes it anew)', async () => {
  const schema = await format(JSON.stringify(upgradeJsonSchema()), { parser: 'json', printWidth: 110 });
  await expect(schema).toMatchFileSnapshot(resolve(import.meta.dirname, '../../../docs/upgrade.schema.json'));
});
