import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { extract, type Header } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import { writeImage } from '../../src/toolchain/image.ts';
import { writeLayer, type LayerEntry } from '../../src/toolchain/layer.ts';
import { temporaryFolder } from './workplace.ts';

async function entriesOf(archive: string): Promise<{ header: Header; content: Buffer }[]> {
  const unpacker = extract();
  createReadStream(archive).pipe(unpacker);
  const entries = [];
  for await (const entry of unpacker) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    entries.push({ header: entry.header, content: Buffer.concat(chunks) });
  }
  return entries;
}

const file = (path: string, text: string): LayerEntry => ({
  path,
  type: 'file',
  mode: 0o644,
  content: Buffer.from(text),
});
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('a layer', () => {
  test('is the same whatever the order of its entries', async () => {
    const folder = await temporaryFolder();
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}(\/[a-z]{1,3}){0,2}x$/), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        names.chain((paths) =>
          fc.tuple(fc.constant(paths), fc.shuffledSubarray(paths, { minLength: paths.length })),
        ),
        async ([paths, shuffled]) => {
          const one = await writeLayer(
            paths.map((path) => file(path, path)),
            join(folder, 'one.tar'),
          );
          const other = await writeLayer(
            shuffled.map((path) => file(path, path)),
            join(folder, 'other.tar'),
          );
          expect(other.sha256).toBe(one.sha256);
          const bytes = await readFile(join(folder, 'one.tar'));
          expect([sha256(bytes), bytes.length]).toEqual([one.sha256, one.size]);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('has the folders that its files stand in, modes, owners and no times', async () => {
    const folder = await temporaryFolder();
    const large = join(folder, 'large');
    await writeFile(large, Buffer.alloc(3_000_000, 7));
    await writeLayer(
      [
        { path: 'usr/bin/large', type: 'file', mode: 0o755, content: { file: large }, uid: 7, gid: 8 },
        { path: 'bin', type: 'symlink', mode: 0o777, target: 'usr/bin' },
        { path: 'a', type: 'link', mode: 0o755, target: 'usr/bin/large' },
        { path: 'tmp', type: 'directory', mode: 0o1777 },
      ],
      join(folder, 'layer.tar'),
    );
    const entries = await entriesOf(join(folder, 'layer.tar'));
    expect(entries.map(({ header }) => [header.name, header.type])).toEqual([
      ['bin', 'symlink'],
      ['tmp/', 'directory'],
      ['usr/', 'directory'],
      ['usr/bin/', 'directory'],
      ['usr/bin/large', 'file'],
      ['a', 'link'],
    ]);
    expect(entries.every(({ header }) => header.mtime.getTime() === 0)).toBe(true);
    const { header, content } = entries[4]!;
    expect([header.mode, header.uid, header.gid, content.length]).toEqual([0o755, 7, 8, 3_000_000]);
    expect(entries[1]!.header.mode).toBe(0o1777);
  });
});

describe('an image', () => {
  test('is an OCI layout and a docker archive whose digests all hold', async () => {
    const folder = await temporaryFolder();
    const layers = [
      await writeLayer([file('one', '1')], join(folder, 'one.tar')),
      await writeLayer([file('two', '2')], join(folder, 'two.tar')),
    ];
    const archive = join(folder, 'image.tar');
    const ref = 'localhost/x/y:tag-1';
    const digest = await writeImage(
      ref,
      { entrypoint: ['/one'], user: '1:1', env: ['A=b'] },
      layers,
      archive,
    );
    expect(await writeImage(ref, { entrypoint: ['/one'], user: '1:1', env: ['A=b'] }, layers, archive)).toBe(
      digest,
    );

    const content = new Map((await entriesOf(archive)).map((entry) => [entry.header.name, entry.content]));
    const json = (name: string): unknown => JSON.parse(content.get(name)!.toString());
    for (const [name, bytes] of content)
      if (name.startsWith('blobs/')) expect(name).toBe(`blobs/sha256/${sha256(bytes)}`);
    expect(json('index.json')).toMatchObject({
      manifests: [
        {
          digest,
          annotations: { 'io.containerd.image.name': ref, 'org.opencontainers.image.ref.name': 'tag-1' },
          platform: { os: 'linux' },
        },
      ],
    });
    const manifest = json(`blobs/${digest.replace(':', '/')}`) as {
      config: { digest: string };
      layers: unknown[];
    };
    expect(manifest.layers).toHaveLength(2);
    expect(json(`blobs/${manifest.config.digest.replace(':', '/')}`)).toMatchObject({
      os: 'linux',
      config: { Entrypoint: ['/one'], User: '1:1', Env: [expect.stringMatching(/^PATH=/), 'A=b'] },
      rootfs: { diff_ids: layers.map((layer) => `sha256:${layer.sha256}`) },
    });
    expect(json('manifest.json')).toEqual([
      {
        Config: `blobs/${manifest.config.digest.replace(':', '/')}`,
        RepoTags: [ref],
        Layers: layers.map((layer) => `blobs/sha256/${layer.sha256}`),
      },
    ]);
  });
});
