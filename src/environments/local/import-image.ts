import { execa } from 'execa';
import { SetupError } from '../../errors.ts';
import { type EnvironmentHandle, environmentVariables } from '../handle.ts';
import { CONTAINERD_SOCKET } from './node.ts';

/**
 * Gives the node of a local mesh that is up one more image.
 *
 * @param file archive of the image
 * @throws SetupError with containerd's last words
 */
export async function importImage(
  mesh: Pick<EnvironmentHandle, 'environment' | 'inside'>,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const [program = '', ...args] = mesh.inside([
    ...['ctr', '--address', CONTAINERD_SOCKET, '--namespace', 'k8s.io', 'images', 'import', '--local'],
    ...['--label', 'io.cri-containerd.image=managed', '--label', 'io.cri-containerd.pinned=pinned', file],
  ]);
  const result = await execa(program, args, {
    all: true,
    reject: false,
    cancelSignal: signal,
    env: environmentVariables(mesh.environment),
  });
  if (!result.failed) return;
  signal.throwIfAborted();
  throw new SetupError(
    `the image ${file} could not be imported: ${result.all.trim().split('\n').at(-1) ?? ''}`,
  );
}
