import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { meshproofHome } from '../../src/paths.ts';
import { debianRelease } from '../../src/toolchain/debian.ts';
import {
  type Finished,
  canRunLocally,
  emptyWithin,
  leftoverProcesses,
  leftovers,
  machineState,
  meshproof,
  start,
} from './meshproof.ts';

const NAME = 'test-kind-killed';

/** A Docker daemon of the project's own takes root, on Debian. */
export const canStartDocker = canRunLocally && (await debianRelease()) !== undefined;

/** Lists what a run has started beside a cluster. */
export const clientContainers = (name: string): Promise<Finished> =>
  meshproof([
    ...['exec', '--name', name, '--', 'docker', 'ps', '--all', '--quiet'],
    ...['--filter', `label=meshproof.mesh=${name}`],
  ]);

/** Demands that a run on kind that is killed at a step leaves nothing that `down --all` does not remove. */
export async function killedDuring(step: string): Promise<void> {
  const before = await machineState();
  // A home of its own, so that --all does not mean the meshes of others; what is built is shared.
  const home = await mkdtemp(`${meshproofHome()}-killed-`);
  try {
    for (const shared of ['toolchain', 'store'])
      await symlink(join(meshproofHome(), shared), join(home, shared));
    const env = { MESHPROOF_HOME: home };
    const where = ['--env', 'kind', '--images', 'built', '--name', NAME, '--out', join(home, 'out')];
    const killed = start(['run', ...where, '--only', 'S10'], { env });
    await killed.shows(step);
    killed.child.kill('SIGKILL');
    await killed.finished;
    expect((await meshproof(['down', '--all'], { env })).code).toBe(0);
    expect(await emptyWithin(20, () => leftovers(NAME))).toEqual([]);
    expect(await emptyWithin(20, () => leftoverProcesses(join(home, 'meshes')))).toEqual([]);
    // The killed command's own child may still be cleaning up beside us.
    expect(await emptyWithin(20, () => readdir(join(home, 'meshes')))).toEqual([]);
    expect(await machineState()).toEqual(before);
  } finally {
    await meshproof(['down', '--all'], { env: { MESHPROOF_HOME: home } });
    await rm(home, { recursive: true, force: true });
  }
}
