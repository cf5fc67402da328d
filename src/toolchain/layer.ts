import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack, type Header, type Pack } from 'tar-stream';
import type { BuildContext } from './artefact.ts';
import { run } from './commands.ts';
import { sha256Of } from './manifest.ts';
import { Digest } from './digest.ts';

/** One entry of a file system layer; its path has no leading slash. */
export interface LayerEntry {
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'link';
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Of a file: its bytes, or the path of the file that has them. */
  readonly content?: Buffer | { readonly file: string };
  /** Of a symlink or a hard link: what it names. */
  readonly target?: string;
}

/** An uncompressed layer on disk; its digest is its diff id too. */
export interface Layer {
  readonly file: string;
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** How an artefact that consists of layers states them in its facts, for the images that stand on it. */
export function layerFacts(layers: readonly Layer[]): { layers: string } {
  return {
    layers: JSON.stringify(layers.map(({ file, sha256, size }) => ({ file: basename(file), sha256, size }))),
  };
}

/** Every entry's time, so that the same content always gives the same digest. */
export const EPOCH = new Date(0);

/** Writes entries as a tar archive that depends on nothing but them: sorted, without times and names of users. */
export async function writeLayer(entries: Iterable<LayerEntry>, file: string): Promise<Layer> {
  const sorted = [...withParents(entries)].sort(byPath);
  return writeTar(file, async (archive) => {
    for (const entry of sorted) await addEntry(archive, entry);
  });
}

/** Writes a folder as a layer, with the owners and modes that its files have. */
export async function layerOfFolder(
  folder: string,
  file: string,
  context: Pick<BuildContext, 'signal' | 'logFile'>,
): Promise<Layer> {
  await run(
    'tar',
    [
      ...['--create', '--file', file, '--directory', folder, '--one-file-system', '--format=gnu'],
      ...['--sort=name', '--mtime=@0', '--numeric-owner', '.'],
    ],
    { ...context, purpose: `writing ${basename(file)}` },
  );
  return { file, sha256: await sha256Of(file), size: (await stat(file)).size };
}

/**
 * Writes a tar archive to a file while it is being filled.
 *
 * @throws what went wrong first: a full disk, not the closed streams that follow from it
 */
export async function writeTar(file: string, fill: (archive: Pack) => Promise<void>): Promise<Layer> {
  const archive = pack();
  const digest = new Digest();
  const target = createWriteStream(file);
  let cause: unknown;
  target.on('error', (error) => (cause ??= error));
  const writing = pipeline(digest.step(archive), target);
  const filling = fill(archive).then(() => archive.finalize());
  filling.catch((error: unknown) => {
    cause ??= error;
    archive.destroy(error instanceof Error ? error : undefined);
  });
  writing.catch((error: unknown) => {
    cause ??= error;
    archive.destroy(error instanceof Error ? error : undefined);
  });
  const ends = await Promise.allSettled([writing, filling]);
  if (ends.some(({ status }) => status === 'rejected')) throw cause;
  return { file, sha256: digest.sha256(), size: digest.size };
}

/** A tar header of which at least the name is given. */
type TarHeader = Partial<Header> & Pick<Header, 'name'>;

async function addEntry(archive: Pack, entry: LayerEntry): Promise<void> {
  const headers: TarHeader = {
    name: entry.type === 'directory' ? `${entry.path}/` : entry.path,
    type: entry.type,
    mode: entry.mode,
    uid: entry.uid ?? 0,
    gid: entry.gid ?? 0,
    mtime: EPOCH,
    ...(entry.target === undefined ? {} : { linkname: entry.target }),
  };
  await addToTar(
    archive,
    headers,
    entry.type === 'file' ? (entry.content ?? Buffer.alloc(0)) : Buffer.alloc(0),
  );
}

/** Adds one entry to a tar archive, from memory or from a file, at the speed at which the archive is read. */
export async function addToTar(
  archive: Pack,
  headers: TarHeader,
  content: Buffer | { readonly file: string },
): Promise<void> {
  if (Buffer.isBuffer(content)) {
    await new Promise<void>((resolve, reject) => {
      archive.entry(headers, content, (error) => (error ? reject(error) : resolve()));
    });
    return;
  }
  const { size } = await stat(content.file);
  await pipeline(
    createReadStream(content.file, { highWaterMark: 1 << 20 }),
    archive.entry({ ...headers, size }),
  );
}

/** Adds the folders that entries stand in and nobody has named. */
function* withParents(entries: Iterable<LayerEntry>): Generator<LayerEntry> {
  const given = [...entries];
  const known = new Set(given.map(({ path }) => path));
  yield* given;
  for (const { path } of given) {
    const parts = path.split('/').slice(0, -1);
    for (let length = 1; length <= parts.length; length++) {
      const parent = parts.slice(0, length).join('/');
      if (known.has(parent)) continue;
      known.add(parent);
      yield { path: parent, type: 'directory', mode: 0o755 };
    }
  }
}

/** A hard link must come after what it names, everything else after the folder it stands in. */
function byPath(one: LayerEntry, other: LayerEntry): number {
  const late = Number(one.type === 'link') - Number(other.type === 'link');
  if (late !== 0) return late;
  return one.path < other.path ? -1 : Number(one.path > other.path);
}
