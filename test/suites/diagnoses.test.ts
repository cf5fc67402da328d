import { expect, test } from 'vitest';
import { CAUSES } from '../../src/diagnosis/causes.ts';
import { isUndiagnosed } from '../../suites/diagnoses.ts';
import { foretold, suites } from '../../suites/index.ts';

const sabotages = suites.flatMap(({ cases }) =>
  cases.flatMap(({ row, sabotages: own }) => own.map(({ name }) => ({ row, name }))),
);

const listed = (some: typeof sabotages): string[] => [
  ...new Set(some.map(({ row, name }) => `${row}: ${name}`)),
];

test('a diagnosis is foretold for every sabotage, but for those of which none is demanded', () => {
  const lacking = sabotages.filter(({ row, name }) => foretold(row, name) === undefined);
  expect(listed(lacking.filter(({ row, name }) => !isUndiagnosed(row, name)))).toEqual([]);
});

test('of what a diagnosis is foretold for one is demanded', () => {
  const both = sabotages.filter(({ row, name }) => foretold(row, name) && isUndiagnosed(row, name));
  expect(listed(both)).toEqual([]);
});

test('every cause that is foretold is known', () => {
  const causes = new Set(sabotages.flatMap(({ row, name }) => foretold(row, name) ?? []));
  expect([...causes].filter((cause) => !(cause in CAUSES))).toEqual([]);
});
