import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SetupError } from '../../src/errors.ts';
import { prepare } from '../../src/toolchain/cache.ts';
import { ociArchitecture } from '../../src/toolchain/image.ts';
import { pulledArtefact } from '../../src/toolchain/pulled.ts';
import { RegistryClient, imageUnder, nameOf, type ReleasedImage } from '../../src/toolchain/registry.ts';
import { NEVER, collectingProgress, temporaryFolder } from './workplace.ts';

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

async function tar(files: Record<string, string>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

test.each([
  ['istio', 'docker.io/istio/pilot:1.31.1'],
  ['docker.io/istio', 'docker.io/istio/pilot:1.31.1'],
  ['registry.example.com/a/b', 'registry.example.com/a/b/pilot:1.31.1'],
  ['localhost:5000', 'localhost:5000/pilot:1.31.1'],
  ['localhost/meshproof', 'localhost/meshproof/pilot:1.31.1'],
])('an image under the hub %s is %s', (hub, name) => {
  expect(nameOf(imageUnder(hub, 'pilot', '1.31.1'))).toBe(name);
});

/** A registry in memory that wants a token, as public ones do, and sends blobs by way of a redirect. */
async function registry(layers: { bytes: Buffer; mediaType: string }[], faults: { corrupt?: boolean } = {}) {
  const content = new Map<string, Buffer>();
  const store = (bytes: Buffer, mediaType: string) => {
    content.set(digestOf(bytes), bytes);
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  };
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const manifest = store(
    json({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: store(json({ os: 'linux' }), 'application/vnd.oci.image.config.v1+json'),
      layers: layers.map(({ bytes, mediaType }) => store(bytes, mediaType)),
    }),
    'application/vnd.oci.image.manifest.v1+json',
  );
  const other = store(json({ schemaVersion: 2 }), 'application/vnd.oci.image.manifest.v1+json');
  const index = store(
    json({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [
        { ...other, platform: { os: 'linux', architecture: 's390x' } },
        { ...manifest, platform: { os: 'linux', architecture: ociArchitecture() } },
      ],
    }),
    'application/vnd.oci.image.index.v1+json',
  );
  const requests: string[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const url = request.url ?? '';
    requests.push(url);
    const host = `http://${request.headers.host ?? ''}`;
    if (url.startsWith('/token')) {
      response.end(JSON.stringify({ token: 'anonymous' }));
    } else if (url.startsWith('/elsewhere/')) {
      const bytes = content.get(url.slice('/elsewhere/'.length))!;
      response.end(faults.corrupt === true ? Buffer.concat([bytes.subarray(1), Buffer.from('x')]) : bytes);
    } else if (request.headers.authorization !== 'Bearer anonymous') {
      response.statusCode = 401;
      response.setHeader(
        'www-authenticate',
        `Bearer realm="${host}/token",service="test",scope="repository:a/b:pull"`,
      );
      response.end();
    } else if (url.startsWith('/v2/a/b/blobs/')) {
      response.writeHead(307, { location: `${host}/elsewhere/${url.split('/').at(-1) ?? ''}` }).end();
    } else {
      const wanted = /^\/v2\/a\/b\/manifests\/(.*)$/.exec(url)?.[1] ?? '';
      const bytes = content.get(wanted === '1.0' ? index.digest : wanted);
      response.statusCode = bytes ? 200 : 404;
      response.end(bytes ?? '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
    }
  };
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, requests, manifest, index };
}

const IMAGE: ReleasedImage = { host: 'registry.example', repository: 'a/b', tag: '1.0' };

describe('a released image', () => {
  test('is fetched for this processor, by token and redirect, and gives its topmost files', async () => {
    const { address, requests, manifest } = await registry([
      {
        bytes: gzipSync(await tar({ 'usr/bin/x': 'old', 'usr/bin/y': 'y' })),
        mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
      },
      {
        bytes: zstdCompressSync(await tar({ './usr/bin/x': 'new' })),
        mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd',
      },
      { bytes: await tar({ z: 'z' }), mediaType: 'application/vnd.oci.image.layer.v1.tar' },
    ]);
    const home = await temporaryFolder();
    const artefact = pulledArtefact('sample', IMAGE, new RegistryClient(address), {
      files: { one: '/usr/bin/x', two: '/usr/bin/y' },
      archive: true,
      layers: true,
    });
    const prepared = await prepare([artefact], { home, progress: collectingProgress(), signal: NEVER });
    const folder = prepared.folderOf(artefact);
    expect(await readFile(join(folder, 'one'), 'utf8')).toBe('new');
    expect(await readFile(join(folder, 'two'), 'utf8')).toBe('y');
    const { digest, ref, layers } = prepared.factsOf(artefact);
    expect([digest, ref]).toEqual([manifest.digest, 'registry.example/a/b:1.0']);
    expect(await readFile(join(folder, 'image.tar'), 'latin1')).toContain(manifest.digest);
    const stated = JSON.parse(layers!) as { file: string; sha256: string; size: number }[];
    expect(stated).toHaveLength(3);
    for (const { file, sha256, size } of stated) {
      const bytes = await readFile(join(folder, file));
      expect([digestOf(bytes), bytes.length]).toEqual([`sha256:${sha256}`, size]);
    }
    expect(requests.filter((url) => url.startsWith('/token'))).toHaveLength(1);
  });

  test('that lacks a file, or arrives damaged, or is not there, is refused', async () => {
    const layer = { bytes: await tar({ x: 'x' }), mediaType: 'application/vnd.oci.image.layer.v1.tar' };
    const good = await registry([layer]);
    const corrupt = await registry([layer], { corrupt: true });
    const failureOf = async (address: string, image: ReleasedImage): Promise<string> => {
      const artefact = pulledArtefact('sample', image, new RegistryClient(address), { files: { y: '/y' } });
      const home = await temporaryFolder();
      const error: unknown = await prepare([artefact], {
        home,
        progress: collectingProgress(),
        signal: NEVER,
      }).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(SetupError);
      return (error as SetupError).message;
    };
    expect(await failureOf(good.address, IMAGE)).toBe('registry.example/a/b:1.0 has no /y');
    expect(await failureOf(corrupt.address, IMAGE)).toMatch(/arrived damaged/);
    expect(await failureOf(good.address, { ...IMAGE, tag: '9' })).toMatch(/404.*MANIFEST_UNKNOWN/);
    expect(await failureOf('127.0.0.1:1', IMAGE)).toMatch(/127\.0\.0\.1:1 does not answer/);
  });

  test('a registry in place of the others is not held to their digests', async () => {
    const { address, manifest } = await registry([]);
    const client = new RegistryClient(address);
    const pinned = { ...IMAGE, digest: `sha256:${'0'.repeat(64)}` };
    expect((await client.manifest(pinned, NEVER)).digest).toBe(manifest.digest);
  });

  test('whether registries answer is found out without waiting long', async () => {
    const { address } = await registry([]);
    expect(await new RegistryClient(address).answers(NEVER)).toBe(true);
    expect(await new RegistryClient('127.0.0.1:1').answers(NEVER)).toBe(false);
  });
});
