/** Runs the command line as a user does, through its launcher, and looks at what it leaves on the machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { access, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { aroundAll } from 'vitest';
import { exclusively } from '../../src/exclusively.ts';
import { meshproofHome } from '../../src/paths.ts';

export const ROOT = join(import.meta.dirname, '..', '..');
const LAUNCHER = join(ROOT, 'scripts', 'meshproof.js');

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves once standard error has shown `text`; rejects when the command ends without. */
  shows(text: string): Promise<void>;
}

export function start(
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Started {
  return startCommand(process.execPath, [LAUNCHER, ...args], options);
}

export function startCommand(
  command: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Started {
  const child = spawn(command, args, {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, NO_COLOR: '1', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString();
    for (const watcher of watchers) watcher();
  });
  const finished = new Promise<Finished>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return {
    child,
    finished,
    shows: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!stderr.includes(text)) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
        void finished.then(() => reject(new Error(`ended without showing "${text}":\n${stderr}`)));
      }),
  };
}

export const meshproof = (args: readonly string[], options: { env?: NodeJS.ProcessEnv; cwd?: string } = {}) =>
  start(args, options).finished;

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/** Everything a mesh of this name could have left: empty when there is nothing. */
export async function leftovers(name: string): Promise<string[]> {
  const folder = join(meshproofHome(), 'meshes', name);
  const found: string[] = await leftoverProcesses(folder);
  if (await exists(folder)) found.push(`folder ${folder}`);
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .filter((line) => line.includes(folder));
  found.push(...mounts.map((line) => `mount ${line}`));
  for (const hierarchy of await readdir('/sys/fs/cgroup')) {
    const cgroup = join('/sys/fs/cgroup', hierarchy, `meshproof-${name}`);
    if (await exists(cgroup)) found.push(`cgroup ${cgroup}`);
  }
  if (await exists(join('/sys/fs/cgroup', `meshproof-${name}`))) found.push(`cgroup meshproof-${name}`);
  return found;
}

/** Processes that were started for the mesh: its folder stands on their command line or in their environment. */
export async function leftoverProcesses(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const [command, environment] = await Promise.all(
      ['cmdline', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
    );
    if (`${command ?? ''}${environment ?? ''}`.includes(folder))
      found.push(`process ${pid} ${(command ?? '').replaceAll('\0', ' ')}`);
  }
  return found;
}

/**
 * Has the tests of a file wait for those of another that does the same: they compare {@link machineState} before and
 * after, or change it, and files run side by side.
 */
export const aloneWithMachineState = (): void =>
  aroundAll((runTests) =>
    exclusively('the state of the machine', () => undefined, new AbortController().signal, runTests),
  );

/** What belongs to the machine and must be as it was. */
export async function machineState(): Promise<Record<string, string>> {
  const sysctl = (name: string) => readFile(`/proc/sys/${name}`, 'utf8');
  const [overcommit, panic, panicOnOops, forward, fileMax] = await Promise.all(
    [
      ...['vm/overcommit_memory', 'kernel/panic', 'kernel/panic_on_oops', 'net/ipv4/ip_forward'],
      'fs/file-max',
    ].map(sysctl),
  );
  const rules = await startCommand('iptables-save', []).finished;
  const links = await startCommand('ip', ['-o', 'link']).finished;
  return {
    overcommit: overcommit ?? '',
    panic: panic ?? '',
    panicOnOops: panicOnOops ?? '',
    forward: forward ?? '',
    fileMax: fileMax ?? '',
    // Counters and dates move by themselves.
    iptables: rules.stdout.replaceAll(/\[\d+:\d+\]|^#.*$/gm, ''),
    links: links.stdout
      .split('\n')
      .map((line) => line.split(':')[1] ?? '')
      .join(),
  };
}

/** Polls until `look` gives an empty list. @returns what is left at the deadline */
export async function emptyWithin(seconds: number, look: () => Promise<string[]>): Promise<string[]> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const left = await look();
    if (left.length === 0 || performance.now() > deadline) return left;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Root on Linux is what a local mesh needs; elsewhere these tests are skipped, which the totals show. */
export const canRunLocally = process.platform === 'linux' && process.getuid?.() === 0;
