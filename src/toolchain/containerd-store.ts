import { copyFile, glob, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { defineArtefact, type Artefact, type BuildContext } from './artefact.ts';
import { run } from './commands.ts';
import type { ImageArtefact } from './images.ts';
import type { Facts } from './manifest.ts';

/** Folder of a store artefact that is containerd's root. */
export const STORE_ROOT = 'root';

/** Raised when the way in which stores are made changes. */
const REVISION = 1;

/**
 * A containerd root with images imported and unpacked, for meshes to clone. It is made in two steps, so that a
 * new version of the services costs only their own layer.
 *
 * @param containerd has containerd and ctr in its folder
 */
export function storeArtefacts(
  containerd: Artefact,
  lasting: readonly ImageArtefact[],
  services: ImageArtefact,
): { readonly base: Artefact; readonly complete: Artefact } {
  const base = storeArtefact('base', containerd, lasting);
  return { base, complete: storeArtefact('images', containerd, [services], base) };
}

function storeArtefact(
  name: string,
  containerd: Artefact,
  images: readonly ImageArtefact[],
  base?: Artefact,
): Artefact {
  return defineArtefact({
    name,
    room: 'store',
    inputs: [REVISION],
    dependsOn: [containerd, ...(base ? [base] : []), ...images.map(({ artefact }) => artefact)],
    keep: 2,
    ...(base ? { clonedFrom: base } : {}),
    build: (folder, context) => fill(folder, containerd, images, base, context),
  });
}

/**
 * Clones a containerd root that no containerd uses: images and snapshots, which nobody ever writes to, become
 * hard links; databases, which containerd does write to, are copied. Both must be on one file system.
 */
export async function cloneContainerdRoot(from: string, to: string, signal: AbortSignal): Promise<void> {
  const options = { purpose: `cloning the image store to ${to}`, signal };
  await mkdir(dirname(to), { recursive: true });
  await run('cp', ['--archive', '--link', '--no-target-directory', from, to], options);
  for await (const database of glob('io.containerd.*/*.db', { cwd: to })) {
    const target = join(to, database);
    await rm(target);
    await copyFile(join(from, database), target);
  }
}

/** What an import does without: Kubernetes' side of containerd, and every snapshotter but the one that meshes use. */
const UNUSED_PLUGINS = [
  'io.containerd.cri.v1.images',
  'io.containerd.cri.v1.runtime',
  'io.containerd.grpc.v1.cri',
  ...['blockfile', 'btrfs', 'devmapper', 'erofs', 'native', 'zfs'].map(
    (name) => `io.containerd.snapshotter.v1.${name}`,
  ),
];

async function fill(
  folder: string,
  containerd: Artefact,
  images: readonly ImageArtefact[],
  base: Artefact | undefined,
  context: BuildContext,
): Promise<Facts> {
  const root = join(folder, STORE_ROOT);
  if (base) await cloneContainerdRoot(join(context.folderOf(base), STORE_ROOT), root, context.signal);
  else await mkdir(root);
  await importInto(root, containerd, images, 'unpacked', context);
  return { images: images.map(({ ref }) => ref).join(' ') };
}

/**
 * Imports images into a containerd root that no containerd uses.
 *
 * @param form `packed` leaves unpacking to whoever uses the root, which is then half as large
 */
export async function importInto(
  root: string,
  containerd: Artefact,
  images: readonly ImageArtefact[],
  form: 'packed' | 'unpacked',
  context: BuildContext,
): Promise<void> {
  const folder = dirname(root);
  const config = join(folder, 'containerd.toml');
  // State and sockets stand on a tmpfs that only the process's own mount namespace knows: whatever ends it, nothing stays.
  const state = resolve(folder).startsWith('/run/') ? '/mnt' : '/run';
  await writeFile(
    config,
    [
      'version = 3',
      `root = ${JSON.stringify(root)}`,
      `state = "${state}/containerd"`,
      `disabled_plugins = ${JSON.stringify(UNUSED_PLUGINS)}`,
      '[grpc]',
      `address = "${state}/containerd.sock"`,
      '[ttrpc]',
      `address = "${state}/containerd.sock.ttrpc"`,
      '',
    ].join('\n'),
  );
  const tars = images.map(({ artefact }) => join(context.folderOf(artefact), 'image.tar'));
  await run(
    'unshare',
    [
      ...['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc', '--'],
      ...['/bin/sh', '-euc', IMPORT, 'import', context.folderOf(containerd), state, config],
      ...[form === 'packed' ? '--no-unpack' : '--snapshotter=overlayfs', ...tars],
    ],
    {
      purpose: `importing ${images.map(({ artefact }) => artefact.name).join(', ')} into containerd`,
      signal: context.signal,
      logFile: context.logFile,
    },
  );
  await rm(config);
}

/**
 * $1 the folder of containerd's binaries, $2 where the tmpfs goes, $3 containerd's configuration, $4 how to import, then
 * the archives. --local reads the archive in ctr itself, which takes half the time. Images are pinned: a kubelet short of disk must not take away what cannot be pulled again.
 */
const IMPORT = `
bin=$1 run=$2 config=$3 form=$4; shift 4
mount -t tmpfs tmpfs "$run"
"$bin/containerd" --config "$config" &
server=$!
ctr() { "$bin/ctr" --address "$run/containerd.sock" --namespace k8s.io "$@"; }
until ctr version >/dev/null 2>&1; do
  kill -0 "$server"
  sleep 0.02
done
for archive in "$@"; do
  ctr images import --local "$form" --label io.cri-containerd.image=managed --label io.cri-containerd.pinned=pinned "$archive"
done
ctr images check --quiet
kill -TERM "$server"
wait "$server"
`;
