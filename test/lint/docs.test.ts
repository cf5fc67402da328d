import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RULES } from '../../src/lint/rules/index.ts';
import { ROOT } from '../cli/meshproof.ts';

test('docs/lint.md lists every rule as the code has it', async () => {
  const text = await readFile(join(ROOT, 'docs/lint.md'), 'utf8');
  const rows = text
    .slice(text.indexOf('## The rules'))
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  expect(rows.map(([, id, severity, title]) => [id, severity, title])).toEqual(
    RULES.map(({ id, severity, title }) => [`\`${id}\``, severity, title]),
  );
});
