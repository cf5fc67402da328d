import { expect, test } from 'vitest';
import { CAUSES } from '../../src/diagnosis/causes.ts';
import type { Row } from '../../src/conformance/outcomes.ts';
import { foretold, suites } from '../../suites/index.ts';
import { UNDIAGNOSED } from '../../suites/undiagnosed.ts';

const sabotages = suites.flatMap(({ cases }) =>
  cases.flatMap(({ row, sabotages: own }) => own.map(({ name }) => ({ row, name }))),
);

const listed = (some: typeof sabotages): string[] => [
  ...new Set(some.map(({ row, name }) => `${row}: ${name}`)),
];

const isUndiagnosed = (row: Row, name: string) => UNDIAGNOSED[row]?.includes(name) === true;

test('a diagnosis is foretold for every sabotage but those that no rule knows yet', () => {
  const left = sabotages.filter(
    ({ row, name }) => foretold(row, name) === undefined && !isUndiagnosed(row, name),
  );
  expect(listed(left)).toEqual([]);
});

test('the list of those names only what is there and has no diagnosis', () => {
  const names = Object.entries(UNDIAGNOSED).flatMap(([row, each]) => each.map((name) => `${row}: ${name}`));
  const without = listed(sabotages.filter(({ row, name }) => foretold(row, name) === undefined));
  expect(names.filter((name) => !without.includes(name))).toEqual([]);
});

test('every cause that is foretold is known', () => {
  const causes = new Set(sabotages.flatMap(({ row, name }) => foretold(row, name) ?? []));
  expect([...causes].filter((cause) => !(cause in CAUSES))).toEqual([]);
});
