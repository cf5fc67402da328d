import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { extract } from 'tar-stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SetupError } from '../../src/errors.ts';
import { prepare } from '../../src/toolchain/cache.ts';
import { certificateBundle, debianLayer, debianRelease } from '../../src/toolchain/debian.ts';
import { findCommand, installMissingPackages } from '../../src/toolchain/system.ts';
import { NEVER, collectingProgress, temporaryFolder } from './workplace.ts';

const execute = promisify(execFile);
const debian = (await findCommand('dpkg-deb')) !== undefined;

/** Puts a command of the test's own before all others. */
async function standIn(name: string, script: string): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, name), 0o755);
  const before = process.env.PATH ?? '';
  process.env.PATH = `${folder}:${before}`;
  onTestFinished(() => void (process.env.PATH = before));
  return folder;
}

async function packageFile(files: Record<string, string>): Promise<string> {
  const folder = await temporaryFolder();
  const tree = join(folder, 'tree');
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    if (content.startsWith('-> ')) await symlink(content.slice(3), join(tree, path));
    else await writeFile(join(tree, path), content);
  }
  await mkdir(join(tree, 'DEBIAN'));
  await writeFile(
    join(tree, 'DEBIAN', 'control'),
    'Package: sample\nVersion: 1:2.0-1\nArchitecture: all\nMaintainer: x <x@example.com>\nDescription: x\n',
  );
  const file = join(folder, 'sample_1%3a2.0-1_all.deb');
  await execute('dpkg-deb', ['--build', '--root-owner-group', tree, file]);
  return file;
}

describe.skipIf(!debian)('a layer of Debian packages', () => {
  test('has their files where a merged /usr wants them, without manuals, and names their versions', async () => {
    const file = await packageFile({
      'lib/x/libx.so.1.2': 'library',
      'lib/x/libx.so.1': '-> libx.so.1.2',
      'etc/x.conf': 'conf',
      'usr/share/doc/x/README': 'unread',
      'usr/share/man/man1/x.1': 'unread',
      'usr/share/ca-certificates/mozilla/b.crt': 'B\n',
      'usr/share/ca-certificates/mozilla/a.crt': 'A\n',
    });
    await standIn('apt-get', `[ "$1" = download ] && cp "${file}" .`);
    const home = await temporaryFolder();
    const artefact = debianLayer('layer-sample', ['sample'], (files) => [certificateBundle(files)], 1);
    const prepared = await prepare([artefact], { home, progress: collectingProgress(), signal: NEVER });
    expect(JSON.parse(prepared.factsOf(artefact).packages!)).toEqual({ sample: '1:2.0-1' });
    const folder = prepared.folderOf(artefact);
    expect((await readdir(folder)).sort()).toEqual(['layer.tar', 'manifest.json']);
    const found = new Map<string, string>();
    const unpacker = extract();
    createReadStream(join(folder, 'layer.tar')).pipe(unpacker);
    for await (const entry of unpacker) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      const { name, type, linkname } = entry.header;
      if (type !== 'directory')
        found.set(name, type === 'symlink' ? `-> ${linkname}` : Buffer.concat(chunks).toString());
    }
    expect(Object.fromEntries(found)).toEqual({
      'etc/ssl/certs/ca-certificates.crt': 'A\nB\n',
      'etc/x.conf': 'conf',
      'usr/lib/x/libx.so.1': '-> libx.so.1.2',
      'usr/lib/x/libx.so.1.2': 'library',
      'usr/share/ca-certificates/mozilla/a.crt': 'A\n',
      'usr/share/ca-certificates/mozilla/b.crt': 'B\n',
    });
  });

  test('is made after the package lists were renewed, where the old ones do not do', async () => {
    const file = await packageFile({ 'etc/x': 'x' });
    const state = join(await temporaryFolder(), 'updated');
    await standIn(
      'apt-get',
      `case $1 in update) touch ${state};; *) [ -e ${state} ] && cp "${file}" .;; esac`,
    );
    const artefact = debianLayer('layer-sample', ['sample'], () => [], 1);
    const home = await temporaryFolder();
    const prepared = await prepare([artefact], { home, progress: collectingProgress(), signal: NEVER });
    expect(prepared.factsOf(artefact).packages).toContain('2.0-1');
  });
});

describe('system packages', () => {
  const wanted = [{ name: 'sample-package', command: 'meshproof-sample-command' }];

  test.skipIf(!debian || process.getuid?.() !== 0)(
    'are installed by root on Debian, after saying so',
    async () => {
      const log = join(await temporaryFolder(), 'log');
      await standIn('apt-get', `echo "$@" >> ${log}`);
      const progress = collectingProgress();
      await installMissingPackages(wanted, progress, NEVER);
      expect(progress.lines[0]).toMatch(/^note: installing sample-package .*apt-get install/);
      expect(await readFile(log, 'utf8')).toMatch(/^install .* sample-package\n$/);
    },
  );

  test("are the user's to install where this process may not", async () => {
    const { getuid } = process;
    process.getuid = () => 1000;
    onTestFinished(() => void (process.getuid = getuid!));
    const error: unknown = await installMissingPackages(wanted, collectingProgress(), NEVER).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(SetupError);
    expect((error as SetupError).message).toContain('sample-package');
    if (debian) expect((error as SetupError).hint).toMatch(/^Run: sudo apt-get install .* sample-package$/);
  });

  test('that are there are left alone', async () => {
    const progress = collectingProgress();
    await installMissingPackages([{ name: 'dash', command: 'sh' }], progress, NEVER);
    expect(progress.lines).toEqual([]);
  });
});

test.each([
  ['ID=debian\nVERSION_CODENAME=bookworm\n', 'bookworm'],
  ['ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n', 'noble'],
  ['ID="fedora"\n', undefined],
])('the Debian release of %j is %s', async (text, release) => {
  const file = join(await temporaryFolder(), 'os-release');
  await writeFile(file, text);
  expect(await debianRelease(file)).toBe(release);
});
