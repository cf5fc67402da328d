import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Reproduction } from '../../src/reproduce/reproduction.ts';
import { type Finished, meshproof } from './meshproof.ts';
import { ownMesh } from './own-mesh.ts';

/** `meshproof reproduce` on a mesh that a `describe` has to itself. */
export interface Reproducing {
  /** Has a folder for each scenario; there once its tests run. */
  readonly folder: string;
  readonly reproduce: (scenario: string, ...args: string[]) => Promise<Finished>;
  /** Demands that the failure shows, that its cause is the first diagnosis, and that its fix works. */
  readonly mends: (scenario: string) => Promise<Reproduction>;
}

/** @param name of the mesh */
export function ownReproducing(name: string): Reproducing {
  const mesh = ownMesh(name);
  const reproduce: Reproducing['reproduce'] = (scenario, ...args) =>
    meshproof([
      ...['reproduce', scenario, '--reuse', '--name', name, '--out', join(mesh.folder, scenario)],
      ...args,
    ]);
  return {
    get folder() {
      return mesh.folder;
    },
    reproduce,
    mends: async (scenario) => {
      const { code, stdout, stderr } = await reproduce(scenario, '--fix', '--json');
      expect(code, stderr).toBe(0);
      const found = JSON.parse(stdout) as Reproduction;
      expect(found).toMatchObject({ reproduced: true, diagnosed: true, fixed: { works: true } });
      const file = join(mesh.folder, scenario, 'reproduction.json');
      expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(found);
      return found;
    },
  };
}
