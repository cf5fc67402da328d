import { access, mkdir, readFile, readdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export type CgroupVersion = 'v1' | 'v2';

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/** A v2 root has cgroup.controllers; a v1 (or hybrid) root holds one folder for each hierarchy. */
export async function cgroupVersion(root = '/sys/fs/cgroup'): Promise<CgroupVersion> {
  return (await exists(join(root, 'cgroup.controllers'))) ? 'v2' : 'v1';
}

/** The v1 hierarchies that are really mounted under `root`, the unified one of a hybrid set-up included. */
async function hierarchies(root: string): Promise<string[]> {
  if ((await cgroupVersion(root)) === 'v2') return [root];
  const found: string[] = [];
  for (const entry of await readdir(root, { withFileTypes: true })) {
    const folder = join(root, entry.name);
    // cpu and cpu,cpuacct may be links to one hierarchy: the link would only name the folder twice.
    if (entry.isDirectory() && (await exists(join(folder, 'cgroup.procs')))) found.push(folder);
  }
  return found;
}

/**
 * Makes the cgroup that a mesh's kubelet uses as its root, in every hierarchy.
 *
 * v1: a new cpuset starts without processors and memory nodes, and nothing can be put into it until they are
 * copied from its parent (kernel, cgroup-v1/cpusets.rst). v2: controllers reach a child only when its parent
 * lists them in cgroup.subtree_control (kernel, cgroup-v2.rst, "Top-down Constraint").
 *
 * @param name a single path component, unique to the mesh
 */
export async function createCgroup(name: string, root = '/sys/fs/cgroup'): Promise<void> {
  if ((await cgroupVersion(root)) === 'v2') {
    const controllers = (await readFile(join(root, 'cgroup.controllers'), 'utf8')).trim().split(/\s+/);
    const enable = controllers.filter(Boolean).map((controller) => `+${controller}`);
    await writeFile(join(root, 'cgroup.subtree_control'), enable.join(' '));
    await mkdir(join(root, name), { recursive: true });
    await writeFile(join(root, name, 'cgroup.subtree_control'), enable.join(' '));
    return;
  }
  for (const hierarchy of await hierarchies(root)) {
    const folder = join(hierarchy, name);
    await mkdir(folder, { recursive: true });
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      if (await exists(join(hierarchy, file))) {
        await writeFile(join(folder, file), await readFile(join(hierarchy, file), 'utf8'));
      }
    }
  }
}

/** Removes a mesh's cgroup and all below it. Only empty cgroups can be removed; the rest stays and is counted. */
export async function removeCgroup(name: string, root = '/sys/fs/cgroup'): Promise<{ left: string[] }> {
  const left: string[] = [];
  const removeTree = async (folder: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      if (entry.isDirectory()) await removeTree(join(folder, entry.name));
    }
    await rmdir(folder).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') left.push(folder);
    });
  };
  for (const hierarchy of await hierarchies(root)) {
    if (await exists(join(hierarchy, name))) await removeTree(join(hierarchy, name));
  }
  return { left };
}
