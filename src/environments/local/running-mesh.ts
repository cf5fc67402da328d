import { readlinkSync } from 'node:fs';
import { SetupError, UsageError } from '../../errors.ts';
import type { Environment } from '../environment.ts';
import type { EnvironmentHandle } from '../handle.ts';
import type { ProcessIdentity } from './processes.ts';
import { listMeshes } from './registry.ts';

/** A mesh of this machine needs nobody to hold it. */
export const stays = (): Promise<void> => Promise.resolve();

/**
 * Finds a running mesh.
 *
 * @throws UsageError when there is none of that name, or it is not up
 */
export async function findMesh(home: string, name: string): Promise<EnvironmentHandle> {
  const found = (await listMeshes(home)).find((mesh) => mesh.entry.name === name && mesh.running);
  if (!found) {
    throw new UsageError(`no local mesh named "${name}" is running`, {
      hint: `Start one with "meshproof up --name ${name}"; "meshproof status" lists those that run.`,
    });
  }
  const { entry } = found;
  if (entry.phase === 'broken') {
    throw new SetupError(`the mesh "${name}" is broken: ${entry.problem ?? 'unknown'}`, {
      hint: `Its logs are in ${found.folder.logs}; end it with "meshproof down --name ${name}".`,
    });
  }
  if (entry.phase !== 'ready' || !entry.init) {
    throw new SetupError(`the mesh "${name}" is still starting`, {
      hint: 'Wait for its "meshproof up" to finish.',
    });
  }
  const { init } = entry;
  return {
    environment: entry.environment as Environment,
    run: found.folder.run,
    inside: (command) => insideMesh(init, command),
    [Symbol.asyncDispose]: stays,
  };
}

/** The command line that runs `command` inside a mesh's namespaces: its network, its mounts, its processes. */
export function insideMesh(init: ProcessIdentity, command: readonly string[]): string[] {
  if (isHere(init)) return [...command];
  return [
    'nsenter',
    '--target',
    String(init.pid),
    '--net',
    '--mount',
    '--pid',
    `--wdns=${process.cwd()}`,
    '--',
    ...command,
  ];
}

/** Whether a mesh is in the network that this process is in: a kind cluster on a Docker daemon that is not ours. */
function isHere({ pid }: ProcessIdentity): boolean {
  if (process.platform !== 'linux') return true;
  try {
    return readlinkSync('/proc/self/ns/net') === readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return false;
  }
}
