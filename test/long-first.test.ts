import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import type { TestSpecification, Vitest } from 'vitest/node';
import { LONG, LongFirst } from './long-first.ts';

test('every file that is named is there', async () => {
  const files = (await readdir(import.meta.dirname, { recursive: true })).map((file) => basename(file));
  expect(LONG.filter((name) => !files.includes(name))).toEqual([]);
});

test('the long ones of the mesh come in their order, before the others', async () => {
  const known = { cache: { getTestSpecificationResult: () => ({ failed: false, duration: 1 }) } };
  const config = { isolate: true, sequence: { groupOrder: 0 } };
  const file = (moduleId: string, name = 'mesh') =>
    ({ moduleId, project: { name, config } }) as unknown as TestSpecification;
  const sequencer = new LongFirst(known as unknown as Vitest);
  const sorted = await sequencer.sort([
    ...[file('/cli/bundle.mesh.ts'), file('/cli/lifecycle.mesh.ts'), file('/cli/e2e.mesh.ts')],
    file('/cli/some.test.ts', 'unit'),
  ]);
  expect(sorted.map(({ moduleId }) => basename(moduleId))).toEqual([
    ...['some.test.ts', 'e2e.mesh.ts', 'lifecycle.mesh.ts', 'bundle.mesh.ts'],
  ]);
});
