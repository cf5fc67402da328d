import { mkdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { defineArtefact, type Artefact } from './artefact.ts';
import { run } from './commands.ts';
import type { ImageArtefact } from './images.ts';

/** Folder of a store artefact that has what Docker's data folder begins with. */
const STORE_ROOT = 'root';

/** The parts of Docker's data folder that images are in; all else a daemon makes anew. */
const PARTS = ['image', 'overlay2'];

/** Raised when the way in which stores are made changes. */
const REVISION = 1;

/**
 * Docker's data folder with images loaded and unpacked, for daemons of our own to start from: loading the archive of a
 * node takes as long as creating the cluster.
 *
 * @param docker has Docker's programs in its folder
 */
export function dockerStore(docker: Artefact, images: readonly ImageArtefact[]): Artefact {
  return defineArtefact({
    name: 'docker',
    room: 'store',
    inputs: [REVISION],
    dependsOn: [docker, ...images.map(({ artefact }) => artefact)],
    keep: 2,
    build: async (folder, context) => {
      const { signal, logFile } = context;
      const data = join(folder, 'data');
      await mkdir(data);
      // What the daemon keeps for itself stands on a tmpfs that only its own mount namespace knows.
      const state = resolve(folder).startsWith('/run/') ? '/mnt' : '/run';
      await run(
        'unshare',
        [
          ...['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc', '--'],
          ...['/bin/sh', '-euc', LOAD, 'load', context.folderOf(docker), state, data],
          ...images.map(({ artefact }) => join(context.folderOf(artefact), 'image.tar')),
        ],
        {
          purpose: `loading ${images.map(({ artefact }) => artefact.name).join(', ')} into Docker`,
          signal,
          logFile,
        },
      );
      const root = join(folder, STORE_ROOT);
      await mkdir(root);
      const parts = PARTS.map((part) => join(data, part));
      await run('mv', ['--target-directory', root, ...parts], { purpose: 'keeping the images', signal });
      await rm(data, { recursive: true });
      return { images: images.map(({ ref }) => ref).join(' ') };
    },
  });
}

/** The folder that {@link cloneDockerData} takes. */
export const dockerDataOf = (artefactFolder: string): string => join(artefactFolder, STORE_ROOT);

/**
 * Gives a daemon that has not started yet the images of a store, as hard links. Layers are never written to: what a
 * container changes is copied up first, and Docker replaces its own files by new ones. Both folders must be on one
 * file system.
 */
export async function cloneDockerData(from: string, to: string, signal: AbortSignal): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await run('cp', ['--archive', '--link', '--no-target-directory', from, to], {
    purpose: `cloning Docker's images to ${to}`,
    signal,
  });
}

/**
 * $1 the folder of Docker's programs, $2 where the tmpfs goes, $3 Docker's data folder, then the archives. The daemon
 * writes a key into /etc/docker.
 */
const LOAD = `
docker=$1 run=$2 data=$3; shift 3
mount -t tmpfs tmpfs "$run"
mkdir "$run/upper" "$run/work"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$run/upper,workdir=$run/work" /etc
export PATH="$docker/usr/sbin:$docker/usr/bin:$PATH"
export LD_LIBRARY_PATH="$(echo "$docker"/lib/* | tr ' ' :)" DOCKER_HOST="unix://$run/docker.sock"
dockerd --data-root "$data" --exec-root "$run/docker" --pidfile "$run/docker.pid" --host "$DOCKER_HOST" \\
  --storage-driver overlay2 --bridge none --iptables=false --ip6tables=false &
server=$!
until docker version >/dev/null 2>&1; do
  kill -0 "$server"
  sleep 0.02
done
for archive in "$@"; do
  docker load --quiet --input "$archive"
done
kill -TERM "$server"
wait "$server" || true
`;
