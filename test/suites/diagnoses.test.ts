import { expect, test } from 'vitest';
import { CAUSES } from '../../src/diagnosis/causes.ts';
import { foretold, suites } from '../../suites/index.ts';

const sabotages = suites.flatMap(({ cases }) =>
  cases.flatMap(({ row, sabotages: own }) => own.map(({ name }) => ({ row, name }))),
);

const listed = (some: typeof sabotages): string[] => [
  ...new Set(some.map(({ row, name }) => `${row}: ${name}`)),
];

test('a diagnosis is foretold for every sabotage', () => {
  expect(listed(sabotages.filter(({ row, name }) => foretold(row, name) === undefined))).toEqual([]);
});

test('every cause that is foretold is known', () => {
  const causes = new Set(sabotages.flatMap(({ row, name }) => foretold(row, name) ?? []));
  expect([...causes].filter((cause) => !(cause in CAUSES))).toEqual([]);
});
