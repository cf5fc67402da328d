import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect } from 'vitest';
import { type Finished, ROOT, meshproof } from './meshproof.ts';
import { ownMesh } from './own-mesh.ts';

export type Example = 'shop' | 'parcels';

/** Copies of the examples, on a mesh that a `describe` has to itself. */
export interface Examples {
  /** Has the copies, by their names; there once its tests run. */
  readonly folder: string;
  /** Runs a command in the folder of an example, on the mesh. */
  reuse(example: Example, command: string, ...args: string[]): Promise<Finished>;
  /** Demands that every sabotage of these of its cases is caught; without patterns, of all. */
  provesAll(example: Example, ...patterns: string[]): Promise<void>;
}

/** @param name of the mesh */
export function ownExamples(name: string): Examples {
  const mesh = ownMesh(name);
  beforeAll(async () => {
    await cp(join(ROOT, 'examples'), mesh.folder, { recursive: true });
  });
  const reuse: Examples['reuse'] = (example, command, ...args) =>
    meshproof([command, '--name', name, '--reuse', ...args], { cwd: join(mesh.folder, example) });
  return {
    get folder() {
      return mesh.folder;
    },
    reuse,
    provesAll: async (example, ...patterns) => {
      const { code, stderr } = await reuse(example, 'prove', ...patterns);
      expect(stderr).toMatch(/(\d+) of \1 sabotages caught/);
      expect(code).toBe(0);
    },
  };
}
