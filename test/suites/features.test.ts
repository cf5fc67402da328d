import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withTable } from '../../suites/markdown-table.ts';
import { PLACE, featureTable, type FeatureResults } from '../../suites/proxyless/table.ts';
import { ROOT } from '../cli/meshproof.ts';

const read = (name: string) => readFile(join(ROOT, 'docs', name), 'utf8');
const kept = JSON.parse(await read('proxyless-features.json')) as FeatureResults;

test('the table of features in the docs is that of the kept results', async () => {
  const document = await read('proxyless.md');
  expect(withTable(document, PLACE, featureTable(kept))).toBe(document);
});

test.each(Object.keys(kept.outcomes))('without the result of %s there is no table', (name) => {
  const outcomes = Object.fromEntries(Object.entries(kept.outcomes).filter(([each]) => each !== name));
  expect(() => featureTable({ ...kept, outcomes })).toThrow(`there is no result of ${name}`);
});

test('a case that failed stands for nothing', () => {
  const [name = ''] = Object.keys(kept.outcomes);
  const table = featureTable({ ...kept, outcomes: { ...kept.outcomes, [name]: 'failed' } });
  expect(table).toContain('not known (failed)');
});
