import { readFile, readdir } from 'node:fs/promises';
import { basename } from 'node:path';

/** What a process has used up to now. */
export interface Usage {
  readonly cpuMs: number;
  readonly residentMiB: number;
}

/** Linux counts CPU time in hundredths of a second (USER_HZ), and memory in pages of 4 KiB. */
const MS_PER_TICK = 10;
const PAGES_PER_MIB = 256;

/**
 * What the processes of some pods have used, by `pod/command`. Several of one name are taken together.
 *
 * @param pods a name for each pod's uid
 */
export async function usageOf(pods: ReadonlyMap<string, string>): Promise<Map<string, Usage>> {
  const usage = new Map<string, Usage>();
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    // A process may be gone by now.
    const [cgroup, stat, commandLine] = await Promise.all(
      ['cgroup', 'stat', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
    );
    const uid = [...pods.keys()].find((each) => cgroup?.includes(each));
    if (uid === undefined || stat === undefined || stat === '') continue;
    const command = basename(commandLine?.split('\0')[0] ?? '');
    if (command === 'pause') continue;
    // The third field on (proc_pid_stat(5)): 14 and 15 are user and system time, 24 the pages that are resident.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const field = (number: number) => Number(fields[number - 3]);
    const key = `${pods.get(uid) ?? ''}/${command}`;
    const known = usage.get(key) ?? { cpuMs: 0, residentMiB: 0 };
    usage.set(key, {
      cpuMs: known.cpuMs + (field(14) + field(15)) * MS_PER_TICK,
      residentMiB: known.residentMiB + field(24) / PAGES_PER_MIB,
    });
  }
  return usage;
}
