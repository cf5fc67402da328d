import { expect, test } from 'vitest';
import { CAUSES } from '../../src/diagnosis/causes.ts';
import { foretold, suites } from '../../suites/index.ts';

const sabotages = suites.flatMap(({ cases }) =>
  cases.flatMap(({ row, sabotages: own }) => own.map(({ name }) => ({ row, name }))),
);

test('a diagnosis is foretold for every sabotage', () => {
  const lacking = sabotages.filter(({ row, name }) => foretold(row, name)?.length === 0);
  expect([...new Set(lacking.map(({ row, name }) => `${row}: ${name}`))]).toEqual([]);
});

test('every cause that is foretold is known', () => {
  const causes = new Set(sabotages.flatMap(({ row, name }) => foretold(row, name) ?? []));
  expect([...causes].filter((cause) => !(cause in CAUSES))).toEqual([]);
});
