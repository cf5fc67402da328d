import { expect } from 'vitest';
import type { ChangeResult } from '../../src/traffic/run-change.ts';
import { join } from 'node:path';
import { meshproof } from '../cli/meshproof.ts';
import { type OwnMesh, ownMesh } from '../cli/own-mesh.ts';

/** A change under live traffic, on a mesh that a `describe` has to itself. */
export interface Changing {
  readonly mesh: OwnMesh;
  readonly change: (
    ...more: readonly string[]
  ) => Promise<{ readonly code: number | null; readonly stderr: string; readonly result: ChangeResult }>;
}

/** @param name of the mesh */
export function ownChanging(name: string): Changing {
  const mesh = ownMesh(name);
  return {
    mesh,
    change: async (...more) => {
      const out = ['--out', join(mesh.folder, 'out'), '--json'];
      const args = ['traffic', '--reuse', '--name', name, '--change', 'gateway-rollout', ...out, ...more];
      const { code, stdout, stderr } = await meshproof(args);
      expect(stdout, stderr).not.toBe('');
      return { code, stderr, result: (JSON.parse(stdout) as ChangeResult[])[0]! };
    },
  };
}
