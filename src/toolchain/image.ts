import { createHash } from 'node:crypto';
import { EPOCH, addToTar, writeTar, type Layer } from './layer.ts';

/** What an image says about how it runs, in the words of the OCI image configuration. */
export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly env?: readonly string[];
  /** uid:gid */
  readonly user?: string;
  readonly workingDir?: string;
  /** The signal that asks the container to end; SIGTERM by default. */
  readonly stopSignal?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

const MEDIA = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const;

/** Processor names as Go and OCI spell them. */
export function ociArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

/**
 * Writes an image as one tar archive that containerd, Docker, Podman, crane and kind can all load: an OCI image
 * layout that is at the same time a `docker save` archive. Nothing in it depends on when or where it was made.
 *
 * @returns the digest of its manifest, as `sha256:...`
 */
export async function writeImage(
  ref: string,
  config: ImageConfig,
  layers: readonly Layer[],
  file: string,
): Promise<string> {
  const configBlob = blob({
    created: EPOCH.toISOString(),
    architecture: ociArchitecture(),
    os: 'linux',
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...(config.env ?? [])],
      Entrypoint: config.entrypoint,
      WorkingDir: config.workingDir ?? '/',
      ...(config.user === undefined ? {} : { User: config.user }),
      ...(config.labels === undefined ? {} : { Labels: config.labels }),
      ...(config.stopSignal === undefined ? {} : { StopSignal: config.stopSignal }),
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ sha256 }) => `sha256:${sha256}`) },
    history: layers.map(() => ({ created: EPOCH.toISOString(), created_by: 'meshproof' })),
  });
  const manifestBlob = blob({
    schemaVersion: 2,
    mediaType: MEDIA.manifest,
    config: { mediaType: MEDIA.config, digest: `sha256:${configBlob.sha256}`, size: configBlob.bytes.length },
    layers: layers.map(({ sha256, size }) => ({ mediaType: MEDIA.layer, digest: `sha256:${sha256}`, size })),
  });
  const blobs = new Map<string, Buffer | { readonly file: string }>([
    [configBlob.sha256, configBlob.bytes],
    // Two layers of an image may be the same; the archive holds each once.
    ...layers.map((layer) => [layer.sha256, { file: layer.file }] as const),
  ]);
  const manifest = {
    mediaType: MEDIA.manifest,
    digest: `sha256:${manifestBlob.sha256}`,
    bytes: manifestBlob.bytes,
    config: configBlob.sha256,
    layers: layers.map(({ sha256 }) => sha256),
  };
  await writeArchive(ref, manifest, blobs, file);
  return manifest.digest;
}

/** Contents by their SHA-256 in hexadecimal. */
export type Blobs = ReadonlyMap<string, Buffer | { readonly file: string }>;

/**
 * Writes one image as an archive: an OCI image layout and a `docker save` archive in one.
 *
 * @param manifest as a registry would serve it; its configuration and layers are named by SHA-256 in hexadecimal
 */
export async function writeArchive(
  ref: string,
  manifest: {
    readonly mediaType: string;
    readonly digest: string;
    readonly bytes: Buffer;
    readonly config: string;
    readonly layers: readonly string[];
  },
  blobs: Blobs,
  file: string,
): Promise<void> {
  const index = {
    schemaVersion: 2,
    mediaType: MEDIA.index,
    manifests: [
      {
        mediaType: manifest.mediaType,
        digest: manifest.digest,
        size: manifest.bytes.length,
        annotations: {
          'io.containerd.image.name': ref,
          'org.opencontainers.image.ref.name': ref.slice(ref.lastIndexOf(':') + 1),
        },
        platform: { architecture: ociArchitecture(), os: 'linux' },
      },
    ],
  };
  const path = (sha256: string): string => `blobs/sha256/${sha256}`;
  const dockerManifest = [
    { Config: path(manifest.config), RepoTags: [ref], Layers: manifest.layers.map((layer) => path(layer)) },
  ];
  await writeTar(file, async (archive) => {
    const add = (name: string, content: Buffer | { readonly file: string }): Promise<void> =>
      addToTar(archive, { name, mode: 0o644, mtime: EPOCH }, content);
    await add('oci-layout', json({ imageLayoutVersion: '1.0.0' }));
    await add('index.json', json(index));
    await add('manifest.json', json(dockerManifest));
    await add(path(manifest.digest.replace('sha256:', '')), manifest.bytes);
    for (const [sha256, content] of blobs) await add(path(sha256), content);
  });
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function blob(value: unknown): { bytes: Buffer; sha256: string } {
  const bytes = json(value);
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}
