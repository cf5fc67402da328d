import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { extract } from 'tar-stream';
import { SetupError } from '../errors.ts';
import { defineArtefact, type Artefact } from './artefact.ts';
import { Digest } from './digest.ts';
import { writeArchive } from './image.ts';
import { layerFacts, type Layer } from './layer.ts';
import type { Facts } from './manifest.ts';
import type { Descriptor, RegistryClient, ReleasedImage, ReleasedManifest } from './registry.ts';
import { nameOf } from './registry.ts';

/** A layer as the registry keeps it, on disk. */
interface PulledLayer {
  readonly file: string;
  readonly mediaType: string;
}

interface PulledContent {
  readonly manifest: ReleasedManifest;
  readonly layers: readonly PulledLayer[];
  readonly blobs: ReadonlyMap<string, { readonly file: string }>;
}

/** What a released image is fetched for. */
interface Use {
  /** Files to take out of the image: path in it by the name that they get. */
  readonly files?: Readonly<Record<string, string>>;
  /** Keeps the image itself as `image.tar`, byte for byte as it was released. */
  readonly archive?: boolean;
  /** Keeps the layers, uncompressed, for an image of our own to stand on. */
  readonly layers?: boolean;
  /** Finds out about the files that were taken out. */
  readonly describe?: (folder: string, signal: AbortSignal) => Promise<Facts>;
  /** Names of files that are only there to be described. */
  readonly passing?: readonly string[];
}

/** A released image in the cache: what of it is kept depends on what it is used for. */
export function pulledArtefact(
  name: string,
  image: ReleasedImage,
  registry: RegistryClient,
  use: Use,
): Artefact {
  const { files = {}, archive = false, layers = false, passing = [] } = use;
  return defineArtefact({
    name,
    inputs: [image, registry.inPlace, files, archive, layers, passing],
    build: async (folder, { signal }) => {
      const work = join(folder, 'pulled');
      await mkdir(work);
      const content = await pull(image, registry, work, signal);
      const { manifest } = content;
      if (archive) {
        const hex = (digest: string): string => digest.replace('sha256:', '');
        await writeArchive(
          nameOf(image),
          {
            ...manifest,
            config: hex(manifest.config.digest),
            layers: manifest.layers.map(({ digest }) => hex(digest)),
          },
          content.blobs,
          join(folder, 'image.tar'),
        );
      }
      await takeOut(image, content.layers, files, folder, signal);
      const own = layers ? await uncompressed(content.layers, folder, signal) : [];
      await rm(work, { recursive: true });
      const said = (await use.describe?.(folder, signal)) ?? {};
      for (const file of passing) await rm(join(folder, file));
      return { ref: nameOf(image), digest: manifest.digest, ...(layers ? layerFacts(own) : {}), ...said };
    },
  });
}

async function pull(
  image: ReleasedImage,
  registry: RegistryClient,
  folder: string,
  signal: AbortSignal,
): Promise<PulledContent> {
  const manifest = await registry.manifest(image, signal);
  const blobs = new Map<string, { file: string }>();
  const fetch = async (blob: Descriptor): Promise<string> => {
    const hex = blob.digest.replace('sha256:', '');
    const file = join(folder, hex);
    if (!blobs.has(hex)) {
      blobs.set(hex, { file });
      await registry.download(image, blob, file, signal);
    }
    return file;
  };
  await fetch(manifest.config);
  const layers: PulledLayer[] = [];
  for (const layer of manifest.layers)
    layers.push({ file: await fetch(layer), mediaType: layer.mediaType ?? '' });
  return { manifest, layers, blobs };
}

function decompressor(mediaType: string): Transform {
  if (mediaType.endsWith('zstd')) return createZstdDecompress();
  if (mediaType.endsWith('gzip')) return createGunzip();
  return new PassThrough();
}

/** Writes the wanted files; where several layers have one, the topmost counts. */
async function takeOut(
  image: ReleasedImage,
  layers: readonly PulledLayer[],
  files: Readonly<Record<string, string>>,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const open = new Map(Object.entries(files).map(([name, path]) => [path, name]));
  for (const layer of layers.toReversed()) {
    if (open.size === 0) return;
    const found = new Set<string>();
    const unpacker = extract();
    const reading = pipeline(createReadStream(layer.file), decompressor(layer.mediaType), unpacker, {
      signal,
    });
    reading.catch(() => undefined);
    for await (const entry of unpacker) {
      const path = `/${entry.header.name.replace(/^\.?\//, '')}`;
      const name = open.get(path);
      if (name === undefined || entry.header.type !== 'file') {
        entry.resume();
        continue;
      }
      await pipeline(entry, createWriteStream(join(folder, name)), { signal });
      await chmod(join(folder, name), 0o755);
      found.add(path);
    }
    await reading;
    for (const path of found) open.delete(path);
  }
  if (open.size > 0) throw new SetupError(`${nameOf(image)} has no ${[...open.keys()].join(', ')}`);
}

async function uncompressed(
  layers: readonly PulledLayer[],
  folder: string,
  signal: AbortSignal,
): Promise<Layer[]> {
  const written: Layer[] = [];
  for (const [index, { file, mediaType }] of layers.entries()) {
    const target = join(folder, `layer-${index}.tar`);
    const digest = new Digest();
    await pipeline(createReadStream(file), decompressor(mediaType), digest.step, createWriteStream(target), {
      signal,
    });
    written.push({ file: target, sha256: digest.sha256(), size: digest.size });
  }
  return written;
}
