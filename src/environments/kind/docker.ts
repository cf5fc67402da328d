import { join } from 'node:path';
import { execa } from 'execa';
import { SetupError } from '../../errors.ts';
import { debianRelease } from '../../toolchain/debian.ts';

/** `running`: one that answers already. `own`: one of our own, which ends with the mesh. */
export type Daemon = 'running' | 'own';

/** Milliseconds in which a daemon that is there says so. */
const ANSWER_MS = 3_000;

/**
 * Which Docker daemon a kind cluster can use here.
 *
 * @throws SetupError, in well under a second where there is no Docker, that names what else can be used
 */
export async function chooseDaemon(): Promise<Daemon> {
  const asked = await execa('docker', ['version', '--format', '{{.Server.Version}}'], {
    reject: false,
    timeout: ANSWER_MS,
    all: true,
  });
  if (!asked.failed) return 'running';
  const named = process.env.DOCKER_HOST;
  if (named) {
    throw new SetupError(`no Docker daemon answers at DOCKER_HOST=${named}`, {
      hint: 'Start it, or unset DOCKER_HOST; --env local needs no Docker.',
    });
  }
  const canStartOne =
    process.platform === 'linux' && process.getuid?.() === 0 && (await debianRelease()) !== undefined;
  if (canStartOne) return 'own';
  throw new SetupError('no Docker daemon answers, and one can only be started by root on Debian', {
    hint: 'Start Docker; or use --env local, which needs no Docker but root on Linux (sudo).',
  });
}

/** The name of a mesh's cluster for kind, and of its network. */
export const clusterName = (mesh: string) => `meshproof-${mesh}`;

/** The container that is a cluster's only node. */
export const nodeContainer = (mesh: string) => `${clusterName(mesh)}-control-plane`;

/** Collects the node's journal and its containers' logs. */
export const exportLogsCommand = (mesh: string, logs: string) =>
  ['kind', 'export', 'logs', join(logs, 'kind'), '--name', clusterName(mesh)] as const;

/** Facts about the daemon, as it says them itself. */
export async function examineDaemon(): Promise<{
  readonly cgroupVersion: 'v1' | 'v2';
  /** Whether this machine reaches containers at their own addresses. */
  readonly reachable: boolean;
}> {
  const { stdout } = await execa('docker', ['info', '--format', '{{.CgroupVersion}} {{.OperatingSystem}}']);
  const [version = '', ...system] = stdout.trim().split(' ');
  const remote = /^(tcp|ssh|https?):/.test(process.env.DOCKER_HOST ?? '');
  return {
    cgroupVersion: version === '1' ? 'v1' : 'v2',
    reachable: process.platform === 'linux' && !remote && system.join(' ') !== 'Docker Desktop',
  };
}
