import { execa } from 'execa';
import { SetupError } from '../errors.ts';
import { type EnvironmentHandle, environmentVariables } from './handle.ts';
import { nodeContainer } from './kind/docker.ts';
import { CONTAINERD_SOCKET } from './local/node.ts';

/** containerd's client, as Kubernetes' own images are imported: a kubelet short of disk must not take them away. */
const importing = (file: string, ...global: readonly string[]): string[] => [
  ...['ctr', ...global, '--namespace', 'k8s.io', 'images', 'import', '--local'],
  ...['--label', 'io.cri-containerd.image=managed', '--label', 'io.cri-containerd.pinned=pinned', file],
];

/** The command that gives the node of a kind cluster an image. @param file archive of the image, out here */
export const importInto = (node: string, file: string): string[] => [
  ...['sh', '-euc', 'file=$1; shift; exec docker exec -i "$@" <"$file"', 'sh', file, node],
  ...importing('-'),
];

/**
 * Gives the node of a mesh that is up one more image.
 *
 * @param file archive of the image
 * @throws SetupError with containerd's last words
 */
export async function importImage(
  mesh: Pick<EnvironmentHandle, 'environment' | 'inside'>,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const { kind, name } = mesh.environment;
  const [program = '', ...args] = mesh.inside(
    kind === 'kind' ? importInto(nodeContainer(name), file) : importing(file, '--address', CONTAINERD_SOCKET),
  );
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
