import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { leftovers, meshproof } from './meshproof.ts';

/** A mesh that a `describe` has to itself, and a folder for what its tests write. */
export interface OwnMesh {
  /** There once its tests run. */
  readonly folder: string;
}

/**
 * Brings a mesh up before the tests of the `describe` it is called in, and demands that nothing is left after them.
 *
 * @param options further ones of `meshproof up`
 */
export function ownMesh(name: string, ...options: readonly string[]): OwnMesh {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), `meshproof-${name}-`));
    const up = await meshproof(['up', '--name', name, '--images', 'built', ...options]);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    await meshproof(['down', '--name', name]);
    expect(await leftovers(name)).toEqual([]);
    await rm(folder, { recursive: true, force: true });
  });
  return {
    get folder() {
      return folder;
    },
  };
}
