import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canRunLocally, leftovers, meshproof } from './meshproof.ts';

interface Proof {
  readonly misdiagnosed: readonly unknown[];
  readonly planned: number;
  readonly caught: number;
  readonly escaped: readonly { readonly name: string }[];
}

/**
 * Declares that `meshproof prove --quick` of these cases catches all there is, on a mesh of the test's own.
 *
 * @param patterns cases to prove; none for all
 */
export function provesAll(name: string, patterns: readonly string[]): void {
  describe.skipIf(!canRunLocally)('the proof of the cases', () => {
    let out: string;

    beforeAll(async () => {
      out = await mkdtemp(join(tmpdir(), 'meshproof-prove-'));
      const up = await meshproof(['up', '--name', name, '--images', 'built']);
      expect(up.code, up.stderr).toBe(0);
    });

    afterAll(async () => {
      await meshproof(['down', '--name', name]);
      expect(await leftovers(name)).toEqual([]);
      await rm(out, { recursive: true, force: true });
    });

    test('their sabotages are caught as foretold', { timeout: 30 * 60_000 }, async () => {
      const proving = await meshproof([
        ...['prove', '--quick', '--reuse', '--name', name, '--out', out],
        ...patterns,
      ]);
      process.stdout.write(proving.stderr);
      const proof = JSON.parse(await readFile(join(out, 'proof.json'), 'utf8')) as Proof;
      expect(proof.planned).toBeGreaterThan(0);
      expect(proof.escaped.map(({ name }) => name)).toEqual([]);
      expect(proof.caught).toBe(proof.planned);
      expect(proof.misdiagnosed).toEqual([]);
      expect(proving.code).toBe(0);
    });
  });
}
