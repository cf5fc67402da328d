import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canRunLocally, leftovers, meshproof } from './meshproof.ts';

const NAME = 'test-prove';

interface Proof {
  readonly misdiagnosed: readonly unknown[];
  readonly planned: number;
  readonly caught: number;
  readonly escaped: readonly { readonly name: string }[];
}

// A file of its own, and not the end of the main job: so the two can run side by side.
describe.skipIf(!canRunLocally)('the proof of the cases', () => {
  let out: string;

  beforeAll(async () => {
    out = await mkdtemp(join(tmpdir(), 'meshproof-prove-'));
    const up = await meshproof(['up', '--name', NAME, '--images', 'built']);
    expect(up.code, up.stderr).toBe(0);
  });

  afterAll(async () => {
    await meshproof(['down', '--name', NAME]);
    expect(await leftovers(NAME)).toEqual([]);
    await rm(out, { recursive: true, force: true });
  });

  // Each sabotage on one case of each family; on every case it is the nightly's.
  test('their sabotages are caught as foretold', { timeout: 30 * 60_000 }, async () => {
    const proving = await meshproof(['prove', '--quick', '--reuse', '--name', NAME, '--out', out]);
    process.stdout.write(proving.stderr);
    const proof = JSON.parse(await readFile(join(out, 'proof.json'), 'utf8')) as Proof;
    expect(proof.escaped.map(({ name }) => name)).toEqual([]);
    expect(proof.caught).toBe(proof.planned);
    expect(proof.misdiagnosed).toEqual([]);
    expect(proving.code).toBe(0);
  });
});
