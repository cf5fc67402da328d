import { readFile, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { build, stop, type Plugin } from 'esbuild';
import { SetupError, messageOf } from '../errors.ts';
import { PACKAGES, PROJECT_ROOT } from '../paths.ts';
import { defineArtefact, keyOf, type Artefact } from './artefact.ts';
import { imageArtefact, type ImageArtefact } from './images.ts';
import { layerFacts, writeLayer, type LayerEntry } from './layer.ts';
import { IMAGE_HUB } from './pins.ts';

/** Where the sample services and their contracts are found, and which Node runs them. */
export interface ServicesSource {
  /** The module that starts a service; its first argument is the service's role. */
  readonly entry: string;
  /** Folder of .proto files; it is at /app/proto in the image. */
  readonly protos: string;
  /** Root of the packages that the services use. */
  readonly packages: string;
  readonly node: string;
}

export const SERVICES: ServicesSource = {
  entry: join(PROJECT_ROOT, 'services', 'main.ts'),
  protos: join(PROJECT_ROOT, 'proto'),
  packages: PACKAGES,
  node: join(PACKAGES, 'node', 'bin', 'node'),
};

const APP = 'app';
const NODE_ENTRYPOINT = ['/usr/local/bin/node', '--enable-source-maps', `/${APP}/services.js`];

/** Raised when the way in which Node's layer is made changes. */
const NODE_LAYER = 2;

/** Node as a layer of its own, since it is large and changes rarely. */
export async function nodeLayer(source: ServicesSource): Promise<Artefact> {
  const { size } = await stat(source.node).catch((error: unknown) => {
    throw new SetupError(`the Node that the sample services run on is missing: ${messageOf(error)}`, {
      hint: 'Run "npm ci".',
    });
  });
  const version = await readFile(join(dirname(source.node), '..', 'package.json'), 'utf8').catch(() => '');
  return defineArtefact({
    name: 'layer-node',
    inputs: [size, version, NODE_LAYER],
    build: async (folder) => {
      const entry: LayerEntry = {
        path: 'usr/local/bin/node',
        type: 'file',
        mode: 0o755,
        content: { file: source.node },
      };
      const layer = await writeLayer([entry], join(folder, 'layer.tar'));
      return layerFacts([layer]);
    },
  });
}

/** What every version of the services' image stands on: imported once, so that a new version is a small one. */
export function servicesBaseImage(base: readonly Artefact[]): ImageArtefact {
  return imageArtefact({
    name: 'services-base',
    ref: `${IMAGE_HUB}/services-base:${keyOf(base.map(({ key }) => key))}`,
    base,
    contents: [],
    config: { entrypoint: ['/usr/local/bin/node'] },
    entries: () => [],
  });
}

/** The sample services as one program, with the contracts that they serve. */
export interface ServicesBundle {
  readonly source: ServicesSource;
  readonly files: readonly LayerEntry[];
}

/** @throws SetupError when the services cannot be bundled */
export async function bundleServices(source: ServicesSource): Promise<ServicesBundle> {
  return { source, files: [...(await bundle(source)), ...(await dataFiles(source.protos, `${APP}/proto`))] };
}

/** The image of the sample services, on top of layers that have Node at /usr/local/bin/node. */
export function servicesImage({ files }: ServicesBundle, base: readonly Artefact[]): ImageArtefact {
  const key = keyOf(
    base.map((layer) => layer.key),
    files.map(({ path, content }) => [path, Buffer.isBuffer(content) ? keyOf(content.toString()) : '']),
  );
  return imageArtefact({
    name: 'services',
    ref: `${IMAGE_HUB}/services:${key}`,
    base,
    contents: [],
    inputs: [key],
    config: { entrypoint: NODE_ENTRYPOINT, workingDir: `/${APP}`, user: '65534:65534' },
    entries: () => files,
  });
}

async function bundle(source: ServicesSource): Promise<LayerEntry[]> {
  const carried = new Set<string>();
  // The bundler reports files by their real paths, and node_modules may be a link.
  const packages = await realpath(source.packages);
  const result = await build({
    entryPoints: [source.entry],
    bundle: true,
    write: false,
    outfile: `/${APP}/services.js`,
    platform: 'node',
    target: 'node24',
    // grpc-js and its companions are CommonJS and find their own files by __dirname.
    format: 'cjs',
    define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'silent',
    absWorkingDir: dirname(packages),
    plugins: [ownFolders(packages, carried)],
  }).catch((error: unknown) => {
    throw new SetupError(`the sample services cannot be bundled: ${messageOf(error)}`, {
      hint: `Correct ${source.entry} or what it imports.`,
    });
  });
  // esbuild keeps a process of its own for further builds; there are none.
  await stop();
  const outputs = result.outputFiles.map(({ path, contents }): LayerEntry => ({
    path: path.replace(/^\//, ''),
    type: 'file',
    mode: 0o644,
    content: Buffer.from(contents),
  }));
  const data = await Promise.all(
    [...carried].sort().map((folder) => dataFiles(join(packages, folder), `${APP}/packages/${folder}`)),
  );
  return [...outputs, ...data.flat()];
}

/**
 * Packages that read .proto or .wasm files of their own look for them beside their code, which a bundle takes away: their
 * `__dirname` becomes a place in the image, and the files go there.
 */
function ownFolders(packages: string, carried: Set<string>): Plugin {
  return {
    name: 'own-folders',
    setup: (bundler) => {
      bundler.onLoad({ filter: /node_modules\/.*\.js$/ }, async ({ path }) => {
        const contents = await readFile(path, 'utf8');
        if (!contents.includes('__dirname')) return undefined;
        const [scope = '', name = ''] = relative(packages, path).split('/');
        carried.add(scope.startsWith('@') ? `${scope}/${name}` : scope);
        const folder = JSON.stringify(`/${APP}/packages/${dirname(relative(packages, path))}`);
        return {
          contents: contents.replaceAll('__dirname', folder),
        };
      });
    },
  };
}

async function dataFiles(folder: string, place: string): Promise<LayerEntry[]> {
  const names = (await readdir(folder, { recursive: true }).catch(() => []))
    .filter((name) => /\.(proto|wasm)$/.test(name) && !name.includes('node_modules/'))
    .sort();
  return Promise.all(
    names.map(async (name): Promise<LayerEntry> => ({
      path: `${place}/${name}`,
      type: 'file',
      mode: 0o644,
      content: await readFile(join(folder, name)),
    })),
  );
}
