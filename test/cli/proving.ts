import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canRunLocally, meshproof } from './meshproof.ts';
import { ownMesh } from './own-mesh.ts';

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
    const mesh = ownMesh(name);

    test('their sabotages are caught as foretold', { timeout: 30 * 60_000 }, async () => {
      const proving = await meshproof([
        ...['prove', '--quick', '--reuse', '--name', name, '--out', mesh.folder],
        ...patterns,
      ]);
      process.stdout.write(proving.stderr);
      const proof = JSON.parse(await readFile(join(mesh.folder, 'proof.json'), 'utf8')) as Proof;
      expect(proof.planned).toBeGreaterThan(0);
      expect(proof.escaped.map(({ name }) => name)).toEqual([]);
      expect(proof.caught).toBe(proof.planned);
      expect(proof.misdiagnosed).toEqual([]);
      expect(proving.code).toBe(0);
    });
  });
}
