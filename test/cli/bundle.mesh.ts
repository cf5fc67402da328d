import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canRunLocally, meshproof } from './meshproof.ts';
import { ownMesh } from './own-mesh.ts';

const NAME = 'test-bundle';

interface SecretList {
  readonly items: readonly { readonly data?: Readonly<Record<string, string>> }[];
}

describe.skipIf(!canRunLocally)('the bundle of a failed run', () => {
  const mesh = ownMesh(NAME);
  test('is read without a mesh, and has no key and no token of the cluster in it', async () => {
    const patch = join(mesh.folder, 'patch.yaml');
    await writeFile(
      patch,
      'target: {kind: VirtualService, name: grpc-routing}\npatch: |\n  - {op: remove, path: /spec/http/0}\n',
    );
    const out = join(mesh.folder, 'results');
    const only = ['--only', 'routing/path/user-service/tls/unary'];
    const run = await meshproof([
      'run',
      '--reuse',
      '--name',
      NAME,
      '--tap',
      ...only,
      '--patch',
      patch,
      '--out',
      out,
    ]);
    expect(run.stderr).toContain('bundle.tgz');
    expect(run.code).toBe(1);
    const secrets = await keysAndTokens();
    expect(secrets.length).toBeGreaterThan(3);

    const opened = join(mesh.folder, 'opened');
    const report = await meshproof(['report', join(out, 'bundle.tgz'), '--out', opened]);
    expect(report.code, report.stderr).toBe(1);
    expect(report.stderr).toContain('No route matches /mypackage.UserService/GetUser');
    const texts = await textsBelow(opened);
    expect(texts.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'config_dump.json',
        'evidence.json',
        'frames.txt',
        'access-log.jsonl',
        'kubelet.log',
      ]),
    );
    for (const { name, text } of texts)
      expect(
        secrets.filter((secret) => text.includes(secret)),
        name,
      ).toEqual([]);
  });

  /** Of every Secret there is: what is no certificate, as it stands in the Secret and decoded, line by line. */
  async function keysAndTokens(): Promise<string[]> {
    const { stdout } = await meshproof([
      'exec',
      '--name',
      NAME,
      '--',
      'kubectl',
      'get',
      'secrets',
      '-A',
      '-o',
      'json',
    ]);
    const { items } = JSON.parse(stdout) as SecretList;
    return items
      .flatMap(({ data = {} }) => Object.entries(data))
      .filter(([key]) => /key|token|pem$/.test(key) && !key.includes('cert'))
      .flatMap(([, value]) => [value, ...Buffer.from(value, 'base64').toString().split('\n')])
      .filter((text) => text.length > 40 && !text.startsWith('-----'));
  }
});

async function textsBelow(folder: string): Promise<{ name: string; text: string }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async ({ parentPath, name }) => ({ name, text: await readFile(join(parentPath, name), 'utf8') })),
  );
}
