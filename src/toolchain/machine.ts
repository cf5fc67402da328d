import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { TIMEOUTS } from '../timeouts.ts';
import { findCommand } from './system.ts';

/** How a command that was tried out ended. */
export interface Trial {
  readonly ok: boolean;
  /** Standard output and error, trimmed; empty where the command is missing. */
  readonly output: string;
}

/** All that the examination of a machine reads, so that a test can hand in another machine. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly uid: number;
  /** Bytes of memory that processes here may use. */
  readonly memory: number;
  /** The text of a file; empty when it cannot be read. */
  text(file: string): Promise<string>;
  /** The path of a command, or nothing. */
  command(name: string): Promise<string | undefined>;
  /** Runs a command that changes nothing. One that gives no answer in time is ended, and is not ok. */
  attempt(command: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Trial>;
  /** Bytes free for this user on the file system of a folder, which need not exist yet. */
  freeSpace(folder: string): Promise<number>;
  /** Gives `use` an empty folder on the file system of `folder`, which is gone afterwards. */
  withScratch<T>(folder: string, use: (scratch: string) => Promise<T>): Promise<T>;
}

/** The machine that this runs on. */
export function thisMachine(): Machine {
  const limit = process.constrainedMemory();
  return {
    platform: process.platform,
    arch: process.arch,
    uid: process.getuid?.() ?? -1,
    memory: limit > 0 ? Math.min(totalmem(), limit) : totalmem(),
    text: (file) => readFile(file, 'utf8').catch(() => ''),
    command: findCommand,
    attempt,
    freeSpace: async (folder) => {
      const { bavail, bsize } = await statfs(await nearestExisting(folder));
      return bavail * bsize;
    },
    withScratch: async (folder, use) => {
      const scratch = await mkdtemp(join(await nearestExisting(folder), '.doctor-'));
      try {
        return await use(scratch);
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    },
  };
}

function attempt(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Trial> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env: { ...process.env, LC_ALL: 'C.UTF-8', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUTS.examination,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => (output += text));
    }
    child.on('error', () => resolve({ ok: false, output: '' }));
    child.on('close', (code) => resolve({ ok: code === 0, output: output.trim() }));
  });
}

async function nearestExisting(folder: string): Promise<string> {
  const there = await stat(folder).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  return there || dirname(folder) === folder ? folder : nearestExisting(dirname(folder));
}
