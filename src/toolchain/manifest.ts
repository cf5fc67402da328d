import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readFile, readdir, readlink, utimes, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { z } from 'zod';

/** What an artefact's build found out about itself, for instance the version of a binary in it. */
export type Facts = Readonly<Record<string, string>>;

const MANIFEST = 'manifest.json';

const entrySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('file'), size: z.number(), mtimeMs: z.number(), sha256: z.string() }),
  z.object({ kind: z.literal('link'), target: z.string() }),
  z.object({ kind: z.literal('folder') }),
]);
const manifestSchema = z.object({
  facts: z.record(z.string(), z.string()),
  entries: z.record(z.string(), entrySchema),
});
type Entry = z.infer<typeof entrySchema>;

/** What a check of a folder against its manifest found. */
export type Condition =
  { readonly intact: true; readonly facts: Facts } | { readonly intact: false; readonly damage: string };

/**
 * Writes the manifest of a finished folder: what is in it, how large, when written, and its SHA-256.
 *
 * @param clonedFrom a sealed folder that files were taken over from; what has the same path, size and time has
 *   the same contents
 */
export async function seal(folder: string, facts: Facts, clonedFrom?: string): Promise<void> {
  const known = clonedFrom === undefined ? undefined : await read(clonedFrom);
  const entries: Record<string, Entry> = {};
  for (const path of await contentsOf(folder)) {
    const file = join(folder, path);
    const stats = await lstat(file);
    if (stats.isSymbolicLink()) entries[path] = { kind: 'link', target: await readlink(file) };
    else if (stats.isDirectory()) entries[path] = { kind: 'folder' };
    else if (stats.isFile()) {
      const { size, mtimeMs } = stats;
      const twin = known?.entries[path];
      const same = twin?.kind === 'file' && twin.size === size && twin.mtimeMs === mtimeMs;
      entries[path] = { kind: 'file', size, mtimeMs, sha256: same ? twin.sha256 : await sha256Of(file) };
    }
  }
  await writeFile(join(folder, MANIFEST), JSON.stringify({ facts, entries }));
}

/** The manifest of a folder; nothing when there is none or it cannot be read. */
async function read(folder: string): Promise<z.infer<typeof manifestSchema> | undefined> {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => '');
  return manifestSchema.safeParse(parseJson(text)).data;
}

/**
 * Checks a folder against its manifest. Sizes and times are compared, which takes milliseconds; a file is read
 * again only when its time differs.
 */
export async function inspect(folder: string): Promise<Condition> {
  const damaged = (damage: string): Condition => ({ intact: false, damage });
  if (!(await exists(join(folder, MANIFEST))))
    return damaged((await exists(folder)) ? 'it was left half-written' : '');
  const manifest = await read(folder);
  if (!manifest) return damaged('its manifest cannot be read');
  const { facts, entries } = manifest;
  for (const [path, expected] of Object.entries(entries)) {
    const damage = await damageOf(join(folder, path), expected);
    if (damage !== '') return damaged(`${path} ${damage}`);
  }
  return { intact: true, facts };
}

/** Marks a folder as used now, which is what pruning goes by. */
export async function touch(folder: string): Promise<void> {
  const now = new Date();
  await utimes(join(folder, MANIFEST), now, now);
}

/** When a folder was last used, in milliseconds since the epoch; 0 for one that never was. */
export async function lastUse(folder: string): Promise<number> {
  try {
    return (await lstat(join(folder, MANIFEST))).mtimeMs;
  } catch {
    return 0;
  }
}

async function damageOf(file: string, expected: Entry): Promise<string> {
  const stats = await lstat(file).catch(() => undefined);
  if (!stats) return 'is missing';
  switch (expected.kind) {
    case 'folder':
      return stats.isDirectory() ? '' : 'is no folder any more';
    case 'link':
      return stats.isSymbolicLink() && (await readlink(file)) === expected.target ? '' : 'points elsewhere';
    case 'file':
      if (!stats.isFile()) return 'is no file any more';
      if (stats.size !== expected.size) return `has ${stats.size} bytes instead of ${expected.size}`;
      if (stats.mtimeMs !== expected.mtimeMs && (await sha256Of(file)) !== expected.sha256)
        return 'was changed';
      return '';
  }
}

/** With their types the folders that links lead to are left out: in an image's files they lead anywhere. */
async function contentsOf(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = found.map(({ parentPath, name }) => relative(folder, join(parentPath, name)));
  return paths.filter((path) => path !== MANIFEST).sort();
}

/** SHA-256 of a file's contents, in hexadecimal. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
