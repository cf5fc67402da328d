import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { SetupError } from '../errors.ts';
import type { Progress } from '../progress.ts';
import { run } from './commands.ts';
import { debianRelease } from './debian.ts';

/** A Debian package, and the command that shows whether it is there. */
export interface SystemPackage {
  readonly name: string;
  readonly command: string;
}

/** What a mesh needs of the system while it runs. */
export const RUNTIME_PACKAGES: readonly SystemPackage[] = [
  { name: 'runc', command: 'runc' },
  { name: 'iptables', command: 'iptables' },
  { name: 'iproute2', command: 'ip' },
  { name: 'util-linux', command: 'unshare' },
  { name: 'mount', command: 'mount' },
];

/** What the cases of a real browser need; without them they are skipped. */
export const BROWSER_PACKAGES: readonly SystemPackage[] = [
  { name: 'chromium', command: 'chromium' },
  { name: 'libnss3-tools', command: 'certutil' },
];

/** What building needs beside Go. */
export const BUILD_PACKAGES: readonly SystemPackage[] = [
  { name: 'python3', command: 'python3' },
  { name: 'dpkg', command: 'dpkg-deb' },
];

/** What building the node image of a kind cluster needs. */
export const DEBOOTSTRAP_PACKAGES: readonly SystemPackage[] = [
  { name: 'debootstrap', command: 'debootstrap' },
];

/** Where Debian keeps commands of the system; an ordinary user's PATH lacks some of them. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];

/** The full path of a command, or nothing where there is none. */
export async function findCommand(name: string): Promise<string | undefined> {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''),
    ...SYSTEM_FOLDERS,
  ];
  for (const folder of folders) {
    const path = join(folder, name);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

/** The command that installs packages, as a person would type it. */
export function installCommand(packages: readonly string[]): string {
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  return `${sudo}apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

/**
 * Installs what is missing of the given packages: as root on Debian by itself, after saying so.
 *
 * @throws SetupError naming the command to run, where this process may not install or apt is not there
 */
export async function installMissingPackages(
  packages: readonly SystemPackage[],
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const missing: string[] = [];
  for (const { name, command } of packages)
    if ((await findCommand(command)) === undefined) missing.push(name);
  const needsPip = packages.some(({ name }) => name === 'python3');
  if (needsPip && !missing.includes('python3') && !(await hasPip(signal))) missing.push('python3-pip');
  if (missing.length === 0) return;
  const command = installCommand(missing);
  const debian = (await debianRelease()) !== undefined;
  if (!debian || process.getuid?.() !== 0) {
    throw new SetupError(`missing on this system: ${missing.join(', ')}`, {
      hint: debian ? `Run: ${command}` : `Install ${missing.join(', ')} the way this system does it.`,
    });
  }
  progress.note(`installing ${missing.join(', ')} from Debian: ${command}`);
  const activity = progress.begin('system packages');
  const options = { signal, env: { DEBIAN_FRONTEND: 'noninteractive' } };
  const install = (): Promise<string> =>
    run('apt-get', ['install', '--yes', '--quiet', '--no-install-recommends', ...missing], {
      ...options,
      purpose: 'installing system packages',
    });
  try {
    await install().catch(async () => {
      // Lists that are missing or out of date are the usual reason.
      await run('apt-get', ['update', '--quiet'], { ...options, purpose: 'updating the package lists' });
      await install();
    });
    activity.done(missing.join(', '));
  } catch (error) {
    activity.failed(missing.join(', '));
    throw error;
  }
}

async function hasPip(signal: AbortSignal): Promise<boolean> {
  return run('python3', ['-m', 'pip', '--version'], { purpose: 'asking pip for its version', signal }).then(
    () => true,
    () => false,
  );
}
