import { access, readFile, realpath, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { parse } from 'yaml';
import { messageOf } from '../../errors.ts';
import { render } from '../../kubernetes/manifests.ts';
import { Field, type LintObject } from '../field.ts';
import { readObjects } from './documents.ts';
import { readPatches, rendered, type PatchText } from './origins.ts';
import { nameOf, type Collector } from './reading.ts';

/** The names that kustomize looks for. */
export const KUSTOMIZATION_FILES: readonly string[] = [
  'kustomization.yaml',
  'kustomization.yml',
  'Kustomization',
];

/** The kustomization of a folder; nothing where it has none. */
export async function kustomizationIn(folder: string): Promise<string | undefined> {
  for (const name of KUSTOMIZATION_FILES) {
    const file = join(folder, name);
    if (
      await access(file).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  return undefined;
}

/** What a kustomization refers to, as far as it is on this disk: absolute for a resource given so, else from the folder. */
async function referred(folder: string): Promise<{ files: string[]; folders: string[] }> {
  const file = await kustomizationIn(folder);
  const value: unknown = file === undefined ? {} : parse(await readFile(file, 'utf8'));
  const root = new Field({ value });
  const files: string[] = [];
  const folders: string[] = [];
  for (const entry of ['resources', 'components', 'bases'].flatMap((key) => root.at(key).texts)) {
    const path = join(folder, entry);
    const found = await stat(path).catch(() => undefined);
    if (found) (found.isDirectory() ? folders : files).push(path);
  }
  return { files, folders };
}

/** The folders that a folder's kustomization stands on. A broken one is told of when it is read. */
export async function referredFolders(folder: string): Promise<string[]> {
  return (await referred(folder).catch(() => ({ folders: [] }))).folders;
}

/**
 * The objects of a kustomization, rendered by kubectl, with the places in the files that they come from. Without
 * kubectl they are its resources as they stand.
 *
 * @param canRender whether there is a kubectl
 */
export async function readKustomization(
  folder: string,
  collector: Collector,
  canRender: boolean,
): Promise<LintObject[]> {
  try {
    const originals = await readOriginals(folder, collector, new Set());
    if (!canRender) {
      collector.notes.push(`${folder}: kubectl is missing, so its resources are read without its patches`);
      return originals.objects;
    }
    const objects = await render({
      resources: [resolve(folder)],
      buildMetadata: ['originAnnotations'],
    });
    const temporary = join(await realpath(tmpdir()), 'folder');
    const fileOf = (origin: string) => {
      const file = resolve(temporary, origin);
      return isAbsolute(folder) ? file : relative('.', file);
    };
    return objects.map((object) => rendered(object, fileOf, originals));
  } catch (error) {
    collector.unreadable.push({
      file: folder,
      message: `cannot be rendered: ${messageOf(error)}`,
      hint: 'Try it by: kubectl kustomize',
    });
    return [];
  }
}

/** The resources and patches of a folder, and of the folders that it stands on, as they are written. */
async function readOriginals(
  folder: string,
  collector: Collector,
  seen: Set<string>,
): Promise<{ objects: LintObject[]; patches: PatchText[] }> {
  const objects: LintObject[] = [];
  const patches: PatchText[] = [];
  if (seen.has(resolve(folder))) return { objects, patches };
  seen.add(resolve(folder));
  const { files, folders } = await referred(folder);
  for (const file of files) {
    objects.push(...readObjects(collector.source(nameOf(file), await readFile(file, 'utf8')), collector));
  }
  const kustomization = await kustomizationIn(folder);
  if (kustomization !== undefined) patches.push(...(await readPatches(kustomization, collector)));
  for (const inner of folders) {
    const below = await readOriginals(inner, collector, seen);
    objects.push(...below.objects);
    patches.push(...below.patches);
  }
  return { objects, patches };
}
