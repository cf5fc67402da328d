import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { UsageError, messageOf } from '../../errors.ts';
import { BUNDLE_LIST, type BundleList, bundleSchema } from './format.ts';

/** More than any run makes: an archive that unfolds to more is not taken. Bytes. */
const LARGEST = 2 * 1024 * 1024 * 1024;

/**
 * Unpacks a bundle that somebody sent. Only what its list names is taken, every file is checked against it, and
 * nothing is written outside of `into`.
 *
 * @param into a folder that is not there yet, or that has a bundle in it, which is replaced
 * @throws UsageError when the file is no bundle, or is damaged
 */
export async function unpackBundle(file: string, into: string): Promise<BundleList> {
  await refuseOther(into);
  const partial = `${into}.${randomUUID()}.partial`;
  try {
    await mkdir(partial, { recursive: true });
    const list = await unpackInto(file, partial);
    await rm(into, { recursive: true, force: true });
    await rename(partial, into);
    return list;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${file} cannot be opened: ${messageOf(error)}`, {
      hint: 'Name a .tgz that "meshproof bundle" has made, or that a run left beside its report.',
      cause: error,
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Checks the files of a bundle that is a folder. @throws UsageError when one is missing, or another than it was */
export async function checkFolder(folder: string): Promise<BundleList | undefined> {
  const text = await readFile(join(folder, BUNDLE_LIST), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const list = parseList(text, folder);
  for (const each of list.files) {
    const content = await readFile(join(folder, each.path)).catch(() => undefined);
    // The page is made anew from the report.
    if (each.path !== 'report.html') check(each, content, folder);
  }
  return list;
}

/** A folder that is somebody's is not replaced. */
async function refuseOther(into: string): Promise<void> {
  if ((await stat(into).catch(() => undefined)) === undefined) return;
  if ((await stat(join(into, BUNDLE_LIST)).catch(() => undefined)) !== undefined) return;
  throw new UsageError(`${into} is there already, and is no bundle`, {
    hint: 'Name another folder with --out.',
  });
}

async function unpackInto(file: string, folder: string): Promise<BundleList> {
  const archive = extract();
  const feeding = pipeline(createReadStream(file), createGunzip(), archive);
  // What goes wrong with the file ends the loop below with the same error.
  feeding.catch(() => undefined);
  let list: BundleList | undefined;
  let bytes = 0;
  const missing = new Map<string, BundleList['files'][number]>();
  for await (const entry of archive) {
    const { name } = entry.header;
    const chunks: Buffer[] = [];
    for await (const chunk of entry as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > LARGEST) throw new UsageError(`${file} unfolds to more than ${LARGEST} bytes`);
      chunks.push(chunk);
    }
    const content = Buffer.concat(chunks);
    if (list === undefined) {
      if (name !== BUNDLE_LIST) throw new UsageError(`${file} is no bundle: it begins with ${name}`);
      list = parseList(content.toString(), file);
      for (const each of list.files) missing.set(each.path, each);
      await writeFile(join(folder, BUNDLE_LIST), content);
      continue;
    }
    const wanted = missing.get(name);
    if (wanted === undefined) throw new UsageError(`${file} has ${name} in it, which its list does not name`);
    check(wanted, content, file);
    missing.delete(name);
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  await feeding;
  const [first] = missing.keys();
  if (first !== undefined) throw new UsageError(`${file} is not whole: ${first} is missing`);
  if (list === undefined) throw new UsageError(`${file} is empty`);
  return list;
}

function parseList(text: string, source: string): BundleList {
  try {
    return bundleSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new UsageError(`${source} is no bundle that this meshproof reads: its ${BUNDLE_LIST} is not one`, {
      hint: 'Open it with the version of meshproof that made it.',
      cause: error,
    });
  }
}

function check(
  { path, sha256 }: BundleList['files'][number],
  content: Buffer | undefined,
  source: string,
): void {
  if (content === undefined) throw new UsageError(`${source} is not whole: ${path} is missing`);
  if (createHash('sha256').update(content).digest('hex') !== sha256)
    throw new UsageError(`${source} is damaged: ${path} is not what its list says`);
}
