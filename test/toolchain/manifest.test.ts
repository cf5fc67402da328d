import { appendFile, link, mkdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inspect, seal } from '../../src/toolchain/manifest.ts';
import { temporaryFolder } from './workplace.ts';

async function sealed(): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'empty'));
  await mkdir(join(folder, 'deep'));
  await writeFile(join(folder, 'deep', 'file'), 'content');
  await symlink('deep/file', join(folder, 'link'));
  await seal(folder, { version: '1' });
  return folder;
}

describe('a sealed folder', () => {
  test('is intact, and its facts are read back', async () => {
    expect(await inspect(await sealed())).toEqual({ intact: true, facts: { version: '1' } });
  });

  test('is still intact when only times changed', async () => {
    const folder = await sealed();
    await utimes(join(folder, 'deep', 'file'), 1, 1);
    expect(await inspect(folder)).toMatchObject({ intact: true });
  });

  test.each<[string, (folder: string) => Promise<unknown>, string]>([
    ['a file with other bytes', (folder) => writeFile(join(folder, 'deep/file'), 'CONTENT'), 'was changed'],
    ['a longer file', (folder) => appendFile(join(folder, 'deep/file'), '!'), 'has 8 bytes instead of 7'],
    ['a cut file', (folder) => writeFile(join(folder, 'deep/file'), ''), 'has 0 bytes instead of 7'],
    ['a missing file', (folder) => rm(join(folder, 'deep/file')), 'is missing'],
    ['a missing folder', (folder) => rm(join(folder, 'empty'), { recursive: true }), 'empty is missing'],
    ['a link gone', (folder) => rm(join(folder, 'link')), 'link is missing'],
    [
      'a link that points elsewhere',
      async (folder) => {
        await rm(join(folder, 'link'));
        await symlink('elsewhere', join(folder, 'link'));
      },
      'points elsewhere',
    ],
    [
      'a manifest that is cut',
      (folder) => writeFile(join(folder, 'manifest.json'), '{"fac'),
      'cannot be read',
    ],
    ['no manifest', (folder) => rm(join(folder, 'manifest.json')), 'half-written'],
  ])('with %s is damaged', async (_, change, damage) => {
    const folder = await sealed();
    await change(folder);
    expect(await inspect(folder)).toEqual({
      intact: false,
      damage: expect.stringContaining(damage) as string,
    });
  });

  test('that is not there is missing rather than damaged', async () => {
    expect(await inspect(join(await temporaryFolder(), 'none'))).toEqual({ intact: false, damage: '' });
  });

  test('can vouch for the files that a clone shares with it, and for no others', async () => {
    const original = await sealed();
    const clone = await temporaryFolder();
    await mkdir(join(clone, 'deep'));
    await link(join(original, 'deep', 'file'), join(clone, 'deep', 'file'));
    await writeFile(join(clone, 'own'), 'own content');
    await seal(clone, {}, original);
    expect(await inspect(clone)).toMatchObject({ intact: true });
    const { mtime } = await stat(join(clone, 'own'));
    await writeFile(join(clone, 'own'), 'OWN CONTENT');
    await utimes(join(clone, 'own'), mtime, new Date(mtime.getTime() + 5_000));
    expect(await inspect(clone)).toEqual({ intact: false, damage: 'own was changed' });
  });
});
