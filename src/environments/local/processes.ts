import { readFile, readlink } from 'node:fs/promises';
import { done, notYet, waitFor } from '../../waiting.ts';

/** A process as the kernel knows it for good: a pid alone may come to mean another process. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks after boot. */
  readonly startTime: string;
}

/**
 * The namespace in which this process's pids count. A command inside a mesh has another one than a command outside, and
 * neither can tell whether the other's processes live.
 */
export const pidNamespace = (): Promise<string> => readlink('/proc/self/ns/pid').catch(() => '');

interface Stat {
  readonly state: string;
  readonly parent: number;
  readonly startTime: string;
}

/** @returns undefined when there is no such process */
export async function readStat(pid: number): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The second field is the command in parentheses and may hold spaces and parentheses itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', parent: Number(fields[1]), startTime: fields[19] ?? '' };
}

export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readStat(pid);
  return stat && { pid, startTime: stat.startTime };
}

export async function isAlive(process: ProcessIdentity): Promise<boolean> {
  const stat = await readStat(process.pid);
  return stat?.startTime === process.startTime && stat.state !== 'Z';
}

/** Kills one process for good and waits until the kernel has let go of it. */
export async function killAndWait(target: ProcessIdentity, deadlineMs: number): Promise<void> {
  if (!(await isAlive(target))) return;
  try {
    process.kill(target.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  await waitFor({ subject: `process ${target.pid} to end`, deadlineMs, intervalMs: 10 }, async () =>
    (await isAlive(target)) ? notYet('still there') : done(undefined),
  );
}
