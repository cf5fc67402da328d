import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { SetupError, UsageError, messageOf } from '../../errors.ts';
import type { Report } from '../schema.ts';
import { type BundleChoice, type Contents, bundleContents } from './contents.ts';
import { BUNDLE_LIST, BUNDLE_VERSION, type BundleList, isArchiveName } from './format.ts';

/** What was made. */
export interface Bundle {
  readonly file: string;
  readonly files: number;
  /** Of the files in it, before they were packed. */
  readonly bytes: number;
  readonly leftOut: readonly string[];
}

/**
 * Packs the results of a run for somebody else: the report, what the witnesses said, frames and logs, without keys and
 * tokens. A reader of `to` sees the old bundle or the new one, never a part of one.
 *
 * @param folder of report.json
 * @param to an archive (`.tgz`), or a folder that is not there yet
 * @param version of meshproof
 * @throws UsageError when `to` is a folder that is there
 * @throws SetupError when it cannot be written
 */
export async function packBundle(
  report: Report,
  folder: string,
  to: string,
  choice: BundleChoice,
  version: string,
): Promise<Bundle> {
  if (!isArchiveName(to) && (await stat(to).catch(() => undefined)) !== undefined)
    throw new UsageError(`${to} is there already`, {
      hint: 'Name a new folder, or a file that ends in .tgz.',
    });
  const contents = await bundleContents(report, folder, choice);
  const madeAt = new Date();
  const list: BundleList = {
    bundleVersion: BUNDLE_VERSION,
    meshproof: version,
    madeAt: madeAt.toISOString(),
    leftOut: [...contents.leftOut],
    files: contents.files.map(({ path, content }) => ({
      path,
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    })),
  };
  const partial = `${to}.${randomUUID()}.partial`;
  try {
    await mkdir(dirname(to), { recursive: true });
    if (isArchiveName(to)) await writeArchive(partial, list, contents, madeAt);
    else await writeFolder(partial, list, contents);
    await rename(partial, to);
  } catch (error) {
    throw new SetupError(`the bundle ${to} cannot be written: ${messageOf(error)}`, {
      hint: 'Name a place that can be written with --out, or free some space.',
      cause: error,
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  const bytes = list.files.reduce((sum, each) => sum + each.bytes, 0);
  return { file: to, files: list.files.length, bytes, leftOut: list.leftOut };
}

const listText = (list: BundleList): string => `${JSON.stringify(list, undefined, 2)}\n`;

async function writeArchive(file: string, list: BundleList, { files }: Contents, mtime: Date): Promise<void> {
  const archive = pack();
  const written = pipeline(archive, createGzip(), createWriteStream(file, { flags: 'wx' }));
  archive.entry({ name: BUNDLE_LIST, mtime }, listText(list));
  for (const { path, content } of files) archive.entry({ name: path, mtime }, content);
  archive.finalize();
  await written;
}

async function writeFolder(folder: string, list: BundleList, { files }: Contents): Promise<void> {
  await mkdir(folder);
  for (const { path, content } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  await writeFile(join(folder, BUNDLE_LIST), listText(list));
}
