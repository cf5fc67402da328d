import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cgroupVersion, createCgroup, removeCgroup } from '../../../src/environments/local/cgroups.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'meshproof-cgroups-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('cgroup v1, on a tree that looks like it', () => {
  beforeEach(async () => {
    for (const hierarchy of ['memory', 'cpu', 'cpuset', 'unified']) {
      await mkdir(join(root, hierarchy));
      await writeFile(join(root, hierarchy, 'cgroup.procs'), '');
    }
    await writeFile(join(root, 'cpuset', 'cpuset.cpus'), '0-1\n');
    await writeFile(join(root, 'cpuset', 'cpuset.mems'), '0\n');
    await mkdir(join(root, 'no-hierarchy'));
  });

  test('is told apart', async () => {
    expect(await cgroupVersion(root)).toBe('v1');
  });

  test('a mesh gets a cgroup in each hierarchy, with processors and memory nodes of its own', async () => {
    await createCgroup('meshproof-a', root);
    for (const hierarchy of ['memory', 'cpu', 'cpuset', 'unified']) {
      expect(await readdir(join(root, hierarchy))).toContain('meshproof-a');
    }
    expect(await readdir(join(root, 'no-hierarchy'))).toEqual([]);
    expect(await readFile(join(root, 'cpuset', 'meshproof-a', 'cpuset.cpus'), 'utf8')).toBe('0-1\n');
    expect(await readFile(join(root, 'cpuset', 'meshproof-a', 'cpuset.mems'), 'utf8')).toBe('0\n');
  });

  test('it goes with all below it; what cannot go is counted', async () => {
    await createCgroup('meshproof-a', root);
    await mkdir(join(root, 'memory', 'meshproof-a', 'kubepods', 'pod1'), { recursive: true });
    // On a real tree the files of a cgroup do not keep it from being removed; on this one they do.
    await rm(join(root, 'cpuset', 'meshproof-a', 'cpuset.mems'));
    expect(await removeCgroup('meshproof-a', root)).toEqual({ left: [join(root, 'cpuset', 'meshproof-a')] });
    await rm(join(root, 'cpuset', 'meshproof-a', 'cpuset.cpus'));
    expect(await removeCgroup('meshproof-a', root)).toEqual({ left: [] });
    expect(await readdir(join(root, 'memory'))).toEqual(['cgroup.procs']);
  });
});

describe('cgroup v2, on a tree that looks like it', () => {
  beforeEach(async () => {
    await writeFile(join(root, 'cgroup.controllers'), 'cpuset cpu io memory pids\n');
    await writeFile(join(root, 'cgroup.subtree_control'), '');
  });

  test('is told apart', async () => {
    expect(await cgroupVersion(root)).toBe('v2');
  });

  test('the controllers are handed down to the mesh and to its pods', async () => {
    // The kernel makes this file with the folder.
    await mkdir(join(root, 'meshproof-a'));
    await createCgroup('meshproof-a', root);
    const wanted = '+cpuset +cpu +io +memory +pids';
    expect(await readFile(join(root, 'cgroup.subtree_control'), 'utf8')).toBe(wanted);
    expect(await readFile(join(root, 'meshproof-a', 'cgroup.subtree_control'), 'utf8')).toBe(wanted);
  });

  test('it goes with all below it', async () => {
    await mkdir(join(root, 'meshproof-a', 'kubepods', 'burstable'), { recursive: true });
    expect(await removeCgroup('meshproof-a', root)).toEqual({ left: [] });
    expect(await readdir(root)).not.toContain('meshproof-a');
    expect(await removeCgroup('meshproof-a', root)).toEqual({ left: [] });
  });
});
