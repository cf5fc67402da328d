import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { messageOf } from '../../errors.ts';
import type { LintObject } from '../field.ts';
import { readObjects } from './documents.ts';
import { KUSTOMIZATION_FILES, kustomizationIn, readKustomization, referredFolders } from './kustomize.ts';
import { Collector, nameOf, type Reading } from './reading.ts';

/** What is found under the given paths. */
interface Found {
  readonly files: Set<string>;
  /** Folders with a kustomization that the user named. */
  readonly named: Set<string>;
  /** Those that were found in folders that the user named. */
  readonly met: Set<string>;
}

/**
 * Reads files, folders and standard input. All loose files and the kustomizations that are named are one set of
 * objects; a kustomization that is met on the way is a set of its own, because such folders are alternatives.
 *
 * @param paths files, folders, or `-` for standard input
 * @param canRender whether there is a kubectl for kustomizations
 */
export async function readPaths(
  paths: readonly string[],
  stdin: NodeJS.ReadableStream,
  canRender: boolean,
): Promise<Reading> {
  const collector = new Collector();
  const found: Found = { files: new Set(), named: new Set(), met: new Set() };
  const together: LintObject[] = [];
  for (const path of new Set(paths)) {
    if (path === '-')
      together.push(...readObjects(collector.source('<stdin>', await text(stdin)), collector));
    else await look(path, found, collector);
  }
  together.push(
    ...(await Promise.all([...found.files].map((file) => readFileObjects(file, collector)))).flat(),
  );
  for (const folder of found.named) together.push(...(await readKustomization(folder, collector, canRender)));
  const sets = [unique(together)];
  const bases = new Set((await Promise.all([...found.met].map(referredFolders))).flat());
  for (const folder of found.met) {
    // A base is seen with what it is the base of.
    if (!bases.has(folder) && !found.named.has(folder))
      sets.push(await readKustomization(folder, collector, canRender));
  }
  return {
    sets,
    sources: [...collector.sources.values()],
    unreadable: collector.unreadable,
    notes: collector.notes,
  };
}

async function look(path: string, found: Found, collector: Collector): Promise<void> {
  try {
    if (!(await stat(path)).isDirectory()) {
      if (KUSTOMIZATION_FILES.includes(basename(path))) found.named.add(dirname(path));
      else found.files.add(path);
    } else if (await kustomizationIn(path)) {
      found.named.add(path);
    } else {
      await walk(path, found, collector);
    }
  } catch (error) {
    collector.unreadable.push({
      file: path,
      message: `cannot be read: ${messageOf(error)}`,
      hint: 'Give a file, a folder, or - for standard input.',
    });
  }
}

async function walk(folder: string, found: Found, collector: Collector): Promise<void> {
  if (await kustomizationIn(folder)) {
    found.met.add(folder);
  }
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.some(({ name }) => name === 'Chart.yaml')) {
    collector.notes.push(
      `${folder}: left out a Helm chart; render it first: helm template ${folder} | meshproof lint -`,
    );
    return;
  }
  const isKustomization = found.met.has(folder);
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!entry.name.startsWith('.') && entry.name !== 'node_modules') await walk(path, found, collector);
    } else if (!isKustomization && /\.ya?ml$/.test(entry.name)) {
      found.files.add(path);
    }
  }
}

async function readFileObjects(file: string, collector: Collector): Promise<LintObject[]> {
  try {
    return readObjects(collector.source(nameOf(file), await readFile(file, 'utf8')), collector);
  } catch (error) {
    collector.unreadable.push({ file, message: `cannot be read: ${messageOf(error)}`, hint: '' });
    return [];
  }
}

/** The same object may come by several ways, for instance as the base of two kustomizations. */
function unique(objects: readonly LintObject[]): LintObject[] {
  const seen = new Set<string>();
  return objects.filter((object) => {
    const place = object.locate?.([]);
    const key = `${place?.file ?? ''}:${place?.line ?? 0} ${JSON.stringify(object.value)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
