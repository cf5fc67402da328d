import { readFile, writeFile } from 'node:fs/promises';

/**
 * What a kind node sets for the whole machine: its kubelet the first three, its systemd the others. A node image of
 * our own does not; a released one does, so the values are put back when the cluster is gone.
 */
const SYSCTLS = ['vm/overcommit_memory', 'kernel/panic', 'kernel/panic_on_oops', 'fs/file-max', 'fs/nr_open'];

const file = (name: string) => `/proc/sys/${name}`;

/** The machine's values, by name. */
export async function readSysctls(): Promise<Record<string, string>> {
  const values = await Promise.all(
    SYSCTLS.map(async (name): Promise<[string, string]> => [
      name,
      (await readFile(file(name), 'utf8')).trim(),
    ]),
  );
  return Object.fromEntries(values);
}

/** Writes back those that are different now. */
export async function restoreSysctls(saved: Readonly<Record<string, string>>): Promise<void> {
  const current = await readSysctls();
  for (const [name, value] of Object.entries(saved))
    if (current[name] !== value) await writeFile(file(name), value);
}
