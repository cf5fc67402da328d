import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect } from 'vitest';
import { type Finished, ROOT, meshproof } from './meshproof.ts';
import { ownMesh } from './own-mesh.ts';

export type Example = 'shop' | 'parcels';

/** A line of an example that is changed to a wrong one, the cases that see it, and the entry that is to be named. */
export interface WrongLine {
  readonly what: string;
  readonly example: Example;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly only: readonly string[];
  readonly entry: string;
}

/** Copies of the examples, on a mesh that a `describe` has to itself. */
export interface Examples {
  /** Has the copies, by their names; there once its tests run. */
  readonly folder: string;
  /** Runs a command in the folder of an example, on the mesh. */
  readonly reuse: (example: Example, command: string, ...args: string[]) => Promise<Finished>;
  /** Demands that every sabotage of these of its cases is caught; without patterns, of all. */
  readonly provesAll: (example: Example, ...patterns: string[]) => Promise<void>;
  /** Demands that a wrong line is found and named; it is put right afterwards. */
  readonly names: (wrong: WrongLine) => Promise<void>;
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
    names: async ({ example, file, from, to, only, entry }) => {
      const path = join(mesh.folder, example, file);
      const right = await readFile(path, 'utf8');
      expect(right).toContain(from);
      await writeFile(path, right.replace(from, to));
      try {
        const { code, stderr } = await reuse(example, 'run', '--only', ...only);
        const text = stderr.replaceAll(/\s+/g, ' ');
        expect(text).toMatch(/about deploy\/routes\.yaml:\d+/);
        expect(text).toContain(entry);
        expect(text).toContain('Not conformant');
        expect(code).toBe(1);
      } finally {
        await writeFile(path, right);
      }
    },
  };
}
