import { spawn } from 'node:child_process';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { extract } from 'tar-stream';
import { SetupError } from '../errors.ts';
import { defineArtefact, type Artefact } from './artefact.ts';
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
      await mkdir(work);
      const options = { signal: context.signal, logFile: context.logFile, cwd: work };
      const fetch = (): Promise<string> =>
        run('apt-get', ['download', '--quiet', '-o', 'APT::Sandbox::User=root', ...packages], {
          ...options,
          purpose: 'fetching Debian packages',
        });
      await fetch().catch(async () => {
        // Package lists that are missing or that name versions no longer kept: new lists help, or nothing does.
        await run('apt-get', ['update', '--quiet'], { ...options, purpose: 'updating the package lists' });
        await rm(work, { recursive: true });
        await mkdir(work);
        return fetch();
      });
      const files = new Map<string, LayerEntry>();
      const versions: Record<string, string> = {};
      for (const file of (await readdir(work)).sort()) {
        const [packageName = '', version = ''] = file.split('_');
        versions[packageName] = decodeURIComponent(version);
        for (const entry of await filesOf(join(work, file))) files.set(entry.path, entry);
      }
      for (const entry of extra(files)) files.set(entry.path, entry);
      const layer = await writeLayer(files.values(), join(folder, 'layer.tar'));
      await rm(work, { recursive: true });
      return { ...layerFacts([layer]), packages: JSON.stringify(versions) };
    },
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
