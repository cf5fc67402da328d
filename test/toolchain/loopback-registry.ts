import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { writeImage } from '../../src/toolchain/image.ts';
import { writeLayer, type Layer } from '../../src/toolchain/layer.ts';
import { RELEASED } from '../../src/toolchain/pins.ts';
import type { ReleasedImage } from '../../src/toolchain/registry.ts';
import type { Toolchain } from '../../src/toolchain/toolchain.ts';

const execute = promisify(execFile);

/** A registry on loopback that carries our own images under the names of released ones. */
export interface LoopbackRegistry {
  /** What MESHPROOF_REGISTRY is set to. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Starts crane's registry and fills it with every image that a released toolchain is made of.
 *
 * @param toolchain a built toolchain, whose binaries and images are carried
 * @param folder for everything that is written
 * @param fileOf where the file of a command comes from; by default the toolchain has it
 */
export async function serveReleased(
  toolchain: Toolchain,
  folder: string,
  fileOf: (command: string) => string = (command) => join(toolchain.bin, command),
): Promise<LoopbackRegistry> {
  const crane = join(toolchain.bin, 'crane');
  await mkdir(join(folder, 'blobs'), { recursive: true });
  const server = spawn(
    crane,
    ['registry', 'serve', '--address', '127.0.0.1:0', '--disk', join(folder, 'blobs')],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let address = '';
  for await (const line of createInterface(server.stderr)) {
    address = /serving on port (\d+)/.exec(line)?.[1] ?? '';
    if (address !== '') break;
  }
  server.stderr.resume();
  address = `127.0.0.1:${address}`;

  const push = async ({ repository, tag }: ReleasedImage, archive: string): Promise<void> => {
    const layout = join(folder, 'layout');
    await mkdir(layout);
    await execute('tar', ['-x', '-f', archive, '-C', layout]);
    await execute(crane, ['push', '--insecure', layout, `${address}/${repository}:${tag}`]);
    await rm(layout, { recursive: true });
  };
  const pushFiles = async (image: ReleasedImage, files: Readonly<Record<string, string>>): Promise<void> => {
    const entries = Object.entries(files).map(([path, command]) => ({
      path: path.slice(1),
      type: 'file' as const,
      mode: 0o755,
      content: { file: fileOf(command) },
    }));
    const layer: Layer = await writeLayer(entries, join(folder, 'layer.tar'));
    const archive = join(folder, 'image.tar');
    await writeImage(`${image.repository}:${image.tag}`, { entrypoint: ['/none'] }, [layer], archive);
    await push(image, archive);
    await rm(layer.file);
    await rm(archive);
  };
  const inFolder = (place: string, commands: readonly string[], from = ''): Record<string, string> =>
    Object.fromEntries(commands.map((command) => [`${place}/${command}`, join(from, command)]));
  const archiveOf = (name: string): string =>
    toolchain.imageTarballs.find(({ ref }) => ref.includes(`/${name}:`))?.file ?? '';
  const istio = (name: string): ReleasedImage => ({ ...RELEASED.istio, repository: `istio/${name}` });

  await pushFiles(RELEASED.node, {
    ...inFolder('/usr/bin', ['kubelet', 'kubectl']),
    ...inFolder('/usr/local/bin', ['containerd', 'containerd-shim-runc-v2', 'ctr']),
    ...inFolder('/usr/local/sbin', ['runc']),
    ...inFolder('/opt/cni/bin', ['host-local', 'loopback', 'portmap', 'ptp'], 'cni'),
  });
  for (const name of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'])
    await pushFiles({ ...RELEASED.node, repository: name }, inFolder('/usr/local/bin', [name]));
  await pushFiles(RELEASED.etcd, inFolder('/usr/local/bin', ['etcd']));
  await pushFiles(RELEASED.coredns, { '/coredns': 'coredns' });
  await pushFiles(RELEASED.grpcurl, inFolder('/bin', ['grpcurl']));
  await pushFiles(istio('istioctl'), inFolder('/usr/local/bin', ['istioctl']));
  await push(istio('pilot'), archiveOf('pilot'));
  await push(istio('proxyv2'), archiveOf('proxyv2'));
  await push(RELEASED.pause, archiveOf('pause'));
  // Any image with Node at the right place will do for the services to stand on; theirs is one.
  await push(RELEASED.nodeJs, archiveOf('services'));
  return {
    address,
    close: async () => {
      if (server.exitCode !== null || server.signalCode !== null) return;
      server.kill('SIGTERM');
      await once(server, 'exit');
    },
  };
}
