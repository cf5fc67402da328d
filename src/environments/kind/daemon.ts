import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { SetupError } from '../../errors.ts';
import { TIMEOUTS } from '../../timeouts.ts';
import { findCommand } from '../../toolchain/system.ts';
import { done, notYet, waitFor } from '../../waiting.ts';
import { createCgroup } from '../local/cgroups.ts';
import type { Components } from '../local/component.ts';
import { coverInMemory } from '../local/isolation.ts';
import { lacksSysResource, runtimeWithoutSysResource } from './runtime.ts';

/** kind's default network of Services. */
const SERVICE_NETWORK = '10.96.0.0/16';

/** /run is this mount namespace's own, so meshes do not meet here. */
const RUN = '/run/meshproof';
export const DOCKER_HOST = `unix://${RUN}/docker.sock`;

export interface OwnDaemon {
  /** Root of the tree that has Docker's programs. */
  readonly root: string;
  /** Folder for its images and containers; must not lie on an overlay. */
  readonly data: string;
  /** Folder for its settings. */
  readonly run: string;
  readonly cgroup: string;
}

/**
 * Starts a Docker daemon in the namespaces that this process is in, and waits until it answers. All that it changes
 * of its network, and all that it writes outside its own folder, is gone with them.
 */
export async function startDaemon(
  daemon: OwnDaemon,
  components: Components,
  signal: AbortSignal,
): Promise<void> {
  await coverInMemory(daemon.run, ['/etc', '/run', '/var']);
  await mkdir(RUN, { recursive: true });
  await execa('ip', ['link', 'set', 'lo', 'up']);
  // Until kube-proxy has its rules, what pods send to a Service leaves the node. Refused here it is tried again at
  // once; lost, CoreDNS would give up on it after 30 seconds.
  await execa('ip', ['route', 'add', 'local', SERVICE_NETWORK, 'dev', 'lo']);
  await createCgroup(daemon.cgroup);
  const runc = await findCommand('runc');
  if (runc === undefined) throw new SetupError('runc is missing', { hint: 'Run "meshproof doctor".' });
  const runtime = join(daemon.run, 'runtime');
  const wrapped = await lacksSysResource();
  if (wrapped) {
    await writeFile(runtime, runtimeWithoutSysResource(runc));
    await chmod(runtime, 0o755);
  }
  const file = join(daemon.run, 'docker.json');
  await writeFile(
    file,
    JSON.stringify({
      'data-root': daemon.data,
      'exec-root': `${RUN}/docker`,
      pidfile: `${RUN}/docker.pid`,
      hosts: [DOCKER_HOST],
      'cgroup-parent': `/${daemon.cgroup}`,
      'exec-opts': ['native.cgroupdriver=cgroupfs'],
      'storage-driver': 'overlay2',
      ...(wrapped ? { runtimes: { wrapped: { path: runtime } }, 'default-runtime': 'wrapped' } : {}),
    }),
  );
  // Debian names the folder of libraries by the processor.
  const libraries = join(daemon.root, 'lib');
  const own = (await readdir(libraries)).map((name) => join(libraries, name));
  const programs = ['usr/sbin', 'usr/bin'].map((folder) => join(daemon.root, folder));
  await components.start({
    name: 'dockerd',
    command: join(daemon.root, 'usr/sbin/dockerd'),
    args: ['--config-file', file],
    env: {
      PATH: [...programs, process.env.PATH ?? ''].join(':'),
      LD_LIBRARY_PATH: own.join(':'),
      // runc leaves files there when it is killed.
      TMPDIR: daemon.run,
    },
  });
  await waitFor(
    { subject: 'Docker to answer', deadlineMs: TIMEOUTS.componentReady, intervalMs: 50, signal },
    async () => {
      const asked = await execa('docker', ['version', '--format', '{{.Server.Version}}'], {
        reject: false,
        all: true,
      });
      return asked.failed ? notYet(asked.all.trim()) : done(undefined);
    },
  );
}
