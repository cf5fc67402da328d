import { spawn } from 'node:child_process';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { extract } from 'tar-stream';
import { SetupError } from '../errors.ts';
import { defineArtefact, type Artefact, type BuildContext } from './artefact.ts';
import { run } from './commands.ts';
import { layerFacts, writeLayer, type LayerEntry } from './layer.ts';

/**
 * A layer with the files of Debian packages, as `layer.tar`: fetched and verified by apt, and read straight out
 * of the packages. No package script runs, so what those would have made is given as `extra`.
 */
export function debianLayer(
  name: string,
  packages: readonly string[],
  extra: (files: ReadonlyMap<string, LayerEntry>) => readonly LayerEntry[],
  revision: number,
): Artefact {
  return defineArtefact({
    name,
    inputs: [packages, revision, LAYOUT],
    build: async (folder, context) => {
      const work = join(folder, 'packages');
      const versions: Record<string, string> = {};
      const files = new Map<string, LayerEntry>();
      for (const { file, name: packageName, version } of await fetchPackages(packages, work, context)) {
        versions[packageName] = version;
        for (const entry of await filesOf(file)) files.set(entry.path, entry);
      }
      for (const entry of extra(files)) files.set(entry.path, entry);
      const layer = await writeLayer(files.values(), join(folder, 'layer.tar'));
      await rm(work, { recursive: true });
      return { ...layerFacts([layer]), packages: JSON.stringify(versions) };
    },
  });
}

/** A Debian package on disk. */
interface PackageFile {
  readonly file: string;
  readonly name: string;
  readonly version: string;
}

/** Fetches packages, without what they depend on, into a new folder; apt verifies them. */
export async function fetchPackages(
  packages: readonly string[],
  folder: string,
  context: Pick<BuildContext, 'signal' | 'logFile'>,
): Promise<PackageFile[]> {
  const options = { signal: context.signal, logFile: context.logFile, cwd: folder };
  const fetch = async (): Promise<void> => {
    await mkdir(folder);
    await run('apt-get', ['download', '--quiet', '-o', 'APT::Sandbox::User=root', ...packages], {
      ...options,
      purpose: 'fetching Debian packages',
    });
  };
  await fetch().catch(async () => {
    // Package lists that are missing or that name versions no longer kept: new lists help, or nothing does.
    await run('apt-get', ['update', '--quiet'], { ...options, purpose: 'updating the package lists' });
    await rm(folder, { recursive: true });
    await fetch();
  });
  return (await readdir(folder)).sort().map((file) => {
    const [name = '', version = ''] = file.split('_');
    return { file: join(folder, file), name, version: decodeURIComponent(version) };
  });
}

/** Raised when the way in which layers are made from packages changes. */
const LAYOUT = 2;

const DPKG_DEB = 'dpkg-deb';

/** Left out of images: nobody reads manuals in them. */
const UNWANTED = /^usr\/share\/(doc|doc-base|man|info|locale|lintian|bug|menu)\//;

/** Debian 12 and later have these at one place, /usr, with links from the old one. */
const MERGED = ['bin', 'lib', 'lib32', 'lib64', 'libx32', 'sbin'];

/** The links of a merged /usr, which no package carries. */
export const MERGED_LINKS: readonly LayerEntry[] = ['bin', 'lib', 'lib64', 'sbin'].map((name) => ({
  path: name,
  type: 'symlink',
  mode: 0o777,
  target: `usr/${name}`,
}));

function mergedPath(path: string): string {
  const clean = path.replace(/^\.?\//, '').replace(/\/$/, '');
  return MERGED.includes(clean.split('/')[0] ?? '') ? `usr/${clean}` : clean;
}

async function filesOf(packageFile: string): Promise<LayerEntry[]> {
  const entries: LayerEntry[] = [];
  const unpacker = extract();
  const dpkg = spawn(DPKG_DEB, ['--fsys-tarfile', packageFile], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve, reject) => {
    dpkg.on('error', reject);
    dpkg.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new SetupError(`${packageFile} cannot be read: dpkg-deb ended with ${String(code)}`));
    });
  });
  ended.catch((error: unknown) => unpacker.destroy(error instanceof Error ? error : undefined));
  dpkg.stdout.pipe(unpacker);
  for await (const stream of unpacker) {
    const { name, type, mode, uid, gid, linkname } = stream.header;
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const path = mergedPath(name);
    if (path === '' || UNWANTED.test(`${path}/`)) continue;
    if (type !== 'file' && type !== 'directory' && type !== 'symlink' && type !== 'link') continue;
    const owner = { uid, gid };
    const target = type === 'link' ? mergedPath(linkname) : linkname;
    entries.push({
      path,
      type,
      mode,
      ...owner,
      ...(type === 'file' ? { content: Buffer.concat(chunks) } : {}),
      ...(type === 'symlink' || type === 'link' ? { target } : {}),
    });
  }
  await ended;
  return entries;
}

/** What `update-ca-certificates` writes: every certificate of the package in one file. */
export function certificateBundle(files: ReadonlyMap<string, LayerEntry>): LayerEntry {
  const certificates = [...files.values()]
    .filter(({ path }) => path.startsWith('usr/share/ca-certificates/') && path.endsWith('.crt'))
    .sort((one, other) => (one.path < other.path ? -1 : 1))
    .map(({ content }) => (Buffer.isBuffer(content) ? content : Buffer.alloc(0)));
  return {
    path: 'etc/ssl/certs/ca-certificates.crt',
    type: 'file',
    mode: 0o644,
    content: Buffer.concat(certificates),
  };
}

/** The name of a Debian release as /etc/os-release tells it, or nothing where this is no Debian. */
export async function debianRelease(osRelease = '/etc/os-release'): Promise<string | undefined> {
  const text = await readFile(osRelease, 'utf8').catch(() => '');
  const fields = new Map(
    text.split('\n').map((line): [string, string] => {
      const [name = '', value = ''] = line.split('=');
      return [name, value.replaceAll('"', '')];
    }),
  );
  const family = `${fields.get('ID') ?? ''} ${fields.get('ID_LIKE') ?? ''}`.split(' ');
  return family.includes('debian') ? (fields.get('VERSION_CODENAME') ?? 'debian') : undefined;
}
