import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cases } from '../../suites/gateway-api/cases.ts';
import { PLACE, gatewayApiTable } from '../../suites/gateway-api/table.ts';
import { withTable } from '../../suites/markdown-table.ts';
import { ROOT } from '../cli/meshproof.ts';

const document = await readFile(join(ROOT, 'docs', 'gateway-api.md'), 'utf8');
const documentOf = (all: readonly { readonly name: string }[]) =>
  withTable(document, PLACE, gatewayApiTable(all));

test('the table in the docs is that of the cases', () => {
  expect(documentOf(cases)).toBe(document);
});

test.each(cases.map(({ name }) => name))('without %s the table is another, or there is none', (name) => {
  const others = cases.filter((each) => each.name !== name);
  let written: string | undefined;
  try {
    written = documentOf(others);
  } catch (error) {
    expect(String(error)).toContain('no case matches');
  }
  expect(written).not.toBe(document);
});

test('a case that no line shows is missed', () => {
  expect(() => documentOf([...cases, { name: 'gateway-api/something-new' }])).toThrow(
    'no line of the table shows gateway-api/something-new',
  );
});
