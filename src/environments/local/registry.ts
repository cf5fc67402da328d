import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SetupError, UsageError } from '../../errors.ts';
import { TIMEOUTS } from '../../timeouts.ts';
import { done, notYet, waitFor } from '../../waiting.ts';
import { removeCluster } from '../kind/leftovers.ts';
import { restoreSysctls } from '../kind/sysctls.ts';
import { removeCgroup } from './cgroups.ts';
import { identify, isAlive, killAndWait, pidNamespace } from './processes.ts';

const identity = z.object({ pid: z.number(), startTime: z.string() });

const meshFile = z.object({
  name: z.string(),
  cgroup: z.string(),
  /** The command that started the mesh. Once the mesh stands on its own, it may end. */
  owner: identity,
  /** Where the pids below count; the machine's own when it is not there. */
  pidNamespace: z.string().optional(),
  /** First process of the mesh's namespaces, as the machine numbers it: with it ends everything. */
  init: identity.optional(),
  /** A kind cluster on a Docker daemon that is not ours, which does not end with `init`. */
  cluster: z.string().optional(),
  /** The machine's sysctls before a mesh that changes them, by name. */
  sysctls: z.record(z.string(), z.string()).optional(),
  phase: z.enum(['starting', 'ready', 'broken']),
  /** Why it is broken. */
  problem: z.string().optional(),
  createdAt: z.string(),
  environment: z.unknown().optional(),
});

/** What is on disk about one local mesh. */
export type MeshEntry = z.infer<typeof meshFile>;

/** The folder of one mesh. All of it goes when the mesh goes. */
export class MeshFolder {
  readonly path: string;
  constructor(home: string, name: string) {
    this.path = join(home, 'meshes', name);
  }
  get file(): string {
    return join(this.path, 'mesh.json');
  }
  get logs(): string {
    return join(this.path, 'logs');
  }
  get run(): string {
    return join(this.path, 'run');
  }
  get containerd(): string {
    return join(this.path, 'containerd');
  }

  async read(): Promise<MeshEntry | undefined> {
    const text = await readFile(this.file, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const parsed = meshFile.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  }

  async update(change: Partial<MeshEntry>): Promise<void> {
    const current = await this.read();
    if (!current) throw new SetupError(`the folder of this mesh is gone: ${this.path}`);
    const next = `${this.file}.next`;
    await writeFile(next, JSON.stringify({ ...current, ...change }, undefined, 2));
    await rename(next, this.file);
  }
}

const NAME = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/;

/** @throws UsageError when `name` cannot name a mesh, a cgroup and a network interface */
export function checkMeshName(name: string): void {
  if (!NAME.test(name)) {
    throw new UsageError(`"${name}" cannot be the name of a mesh`, {
      hint: 'Use 1 to 32 lower-case letters, digits and inner hyphens.',
    });
  }
}

/** What the folder of a mesh begins with while its name is not taken yet; its process's id follows. */
const claimPrefix = async () => `.claim-${(await pidNamespace()).replaceAll(/\D/g, '')}-`;

/** A mesh of another pid namespace is left to commands of that one. */
async function isRunning(entry: MeshEntry): Promise<boolean> {
  if (entry.pidNamespace !== undefined && entry.pidNamespace !== (await pidNamespace())) return true;
  if (entry.init) return isAlive(entry.init);
  return isAlive(entry.owner);
}

/**
 * Takes a name for a new mesh. The folder appears under its name with its owner already written in it, so two
 * commands cannot take the same name and a killed one is always recognised.
 *
 * @throws UsageError when a running mesh has the name
 */
export async function claimMesh(
  home: string,
  name: string,
  shared: Pick<MeshEntry, 'cluster' | 'sysctls'> = {},
): Promise<MeshFolder> {
  checkMeshName(name);
  await mkdir(join(home, 'meshes'), { recursive: true });
  const owner = await identify(process.pid);
  if (!owner) throw new SetupError('/proc is not readable, so processes cannot be told apart');
  const entry: MeshEntry = {
    name,
    cgroup: `meshproof-${name}`,
    owner,
    pidNamespace: await pidNamespace(),
    ...shared,
    phase: 'starting',
    createdAt: new Date().toISOString(),
  };
  const fresh = await mkdtemp(join(home, 'meshes', `${await claimPrefix()}${process.pid}-`));
  const folder = new MeshFolder(home, name);
  await writeFile(join(fresh, 'mesh.json'), JSON.stringify(entry, undefined, 2));
  await Promise.all(['logs', 'run'].map((part) => mkdir(join(fresh, part))));
  try {
    await rename(fresh, folder.path);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    throw new UsageError(`a mesh named "${name}" is already running`, {
      hint: `End it with "meshproof down --name ${name}", or choose another --name.`,
    });
  }
  return folder;
}

/** Every mesh there is, running or not. */
export async function listMeshes(
  home: string,
): Promise<{ entry: MeshEntry; folder: MeshFolder; running: boolean }[]> {
  const names = await readdir(join(home, 'meshes')).catch(() => []);
  const found = [];
  for (const name of names.filter((candidate) => NAME.test(candidate))) {
    const folder = new MeshFolder(home, name);
    const entry = await folder.read();
    if (entry) found.push({ entry, folder, running: await isRunning(entry) });
  }
  return found;
}

/** Ends a mesh and takes away all it left: its processes, its cgroups, its folder. */
export async function removeMesh(home: string, name: string): Promise<void> {
  const folder = new MeshFolder(home, name);
  const entry = await folder.read();
  if (entry?.init) await killAndWait(entry.init, TIMEOUTS.teardown);
  if (entry?.cluster !== undefined) await removeCluster(entry.cluster);
  else if (entry) await removeCgroupWhenEmpty(entry.cgroup);
  await rm(folder.path, { recursive: true, force: true });
  if (entry?.sysctls === undefined) return;
  const others = (await listMeshes(home)).some((other) => other.entry.sysctls !== undefined);
  if (!others) await restoreSysctls(entry.sysctls);
}

/** Processes of ended containers leave their cgroups a moment after the namespace's first process is gone. */
async function removeCgroupWhenEmpty(cgroup: string): Promise<void> {
  await waitFor(
    { subject: `the cgroups of ${cgroup} to empty`, deadlineMs: TIMEOUTS.teardown, intervalMs: 20 },
    async () => {
      const { left } = await removeCgroup(cgroup);
      return left.length === 0 ? done(undefined) : notYet(`${left.length} left, such as ${left[0] ?? ''}`);
    },
  );
}

/**
 * Takes away what killed commands left behind. Cheap when there is nothing, so every command begins with it.
 *
 * @returns the names of the meshes whose remains were removed
 */
export async function sweepMeshes(home: string): Promise<string[]> {
  const swept: string[] = [];
  for (const { entry, running } of await listMeshes(home)) {
    if (running) continue;
    await removeMesh(home, entry.name);
    swept.push(entry.name);
  }
  const claims = await claimPrefix();
  for (const name of await readdir(join(home, 'meshes')).catch(() => [])) {
    const pid = name.startsWith(claims) ? /^\d+/.exec(name.slice(claims.length))?.[0] : undefined;
    if (pid && !(await identify(Number(pid))))
      await rm(join(home, 'meshes', name), { recursive: true, force: true });
  }
  return swept;
}
