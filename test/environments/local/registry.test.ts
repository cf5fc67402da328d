import { mkdir, mkdtemp, readFile, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  claimMesh,
  checkMeshName,
  listMeshes,
  sweepMeshes,
} from '../../../src/environments/local/registry.ts';
import { UsageError } from '../../../src/errors.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'meshproof-registry-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const NOBODY = { pid: 2 ** 22 - 1, startTime: '1' };

describe.skipIf(process.platform !== 'linux')('the names of meshes', () => {
  test.each(['a', 'default', 'run-12ab', 'x'.repeat(32)])('"%s" is one', (name) => {
    expect(() => checkMeshName(name)).not.toThrow();
  });

  test.each(['', '-a', 'a-', 'A', 'a/b', '../a', 'a b', 'x'.repeat(33)])('"%s" is none', (name) => {
    expect(() => checkMeshName(name)).toThrow(UsageError);
  });

  test('one of two that claim a name gets it, and the other is told who has it', async () => {
    const claims = await Promise.allSettled([claimMesh(home, 'a'), claimMesh(home, 'a')]);
    expect(claims.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const refused = claims.find((claim) => claim.status === 'rejected');
    expect(refused?.reason).toBeInstanceOf(UsageError);
    expect(String(refused?.reason)).toContain('a mesh named "a" is already running');
    expect(await readdir(join(home, 'meshes'))).toEqual(['a']);
  });

  test('a mesh whose processes are gone is swept, one whose owner lives is not', async () => {
    await claimMesh(home, 'alive');
    const dead = await claimMesh(home, 'dead');
    await dead.update({ owner: NOBODY });
    const half = await claimMesh(home, 'half');
    await half.update({ init: NOBODY });
    expect(await sweepMeshes(home)).toEqual(expect.arrayContaining(['dead', 'half']));
    expect((await listMeshes(home)).map(({ entry }) => entry.name)).toEqual(['alive']);
  });

  test('a claim that was never finished is swept when its process is gone', async () => {
    const own = (await readlink('/proc/self/ns/pid')).replaceAll(/\D/g, '');
    const claim = (namespace: string, pid: number) => `.claim-${namespace}-${pid}-abcdef`;
    const kept = [claim(own, process.pid), claim(`${own}0`, NOBODY.pid)];
    for (const name of [claim(own, NOBODY.pid), ...kept]) {
      await mkdir(join(home, 'meshes', name), { recursive: true });
    }
    await sweepMeshes(home);
    // Of another namespace's processes nothing is known here.
    expect((await readdir(join(home, 'meshes'))).toSorted()).toEqual(kept.toSorted());
  });

  test('a folder that is no mesh is left alone', async () => {
    await mkdir(join(home, 'meshes', 'notes'), { recursive: true });
    await writeFile(join(home, 'meshes', 'notes', 'mesh.json'), '{"name": 5}');
    expect(await sweepMeshes(home)).toEqual([]);
    expect(await readFile(join(home, 'meshes', 'notes', 'mesh.json'), 'utf8')).toBe('{"name": 5}');
  });
});
