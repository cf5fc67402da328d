import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CAUSES } from '../../src/diagnosis/causes.ts';

test('docs/diagnosis.md lists every cause with its words', () => {
  const text = readFileSync(new URL('../../docs/diagnosis.md', import.meta.url), 'utf8');
  const rows = text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| |\|$/g, '').trim()));
  const listed = Object.fromEntries(
    rows.map(([id = '', title, source]) => [id.replaceAll('`', ''), { title, source }]),
  );
  expect(listed).toEqual(CAUSES);
});
