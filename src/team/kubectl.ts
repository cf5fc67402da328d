import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { SetupError } from '../errors.ts';
import { meshproofHome } from '../paths.ts';

/**
 * Makes sure that kubectl, which has kustomize in it, is on the PATH: the user's own, or one of the toolchain that an
 * earlier run has made.
 *
 * @throws SetupError when there is none
 */
export async function withKubectl(): Promise<void> {
  const path = process.env.PATH ?? '';
  for (const folder of ['', ...(await toolFolders())]) {
    process.env.PATH = folder === '' ? path : `${folder}:${path}`;
    const { failed } = await execa('kubectl', ['version', '--client'], { reject: false });
    if (!failed) return;
  }
  process.env.PATH = path;
  throw new SetupError('a folder with a kustomization.yaml needs kubectl, and there is none yet', {
    hint: 'Install kubectl, or run "meshproof up" and "meshproof down" once: they bring it along.',
  });
}

async function toolFolders(): Promise<string[]> {
  const cache = join(meshproofHome(), 'toolchain');
  const names = await readdir(cache).catch(() => []);
  return names.filter((name) => name.startsWith('bin-')).map((name) => join(cache, name));
}
