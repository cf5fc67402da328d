import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../../src/environments/cluster/connect.ts';
import { TIMEOUTS } from '../../../src/timeouts.ts';

const { signal } = new AbortController();

const kubeconfig = (port: number) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: `https://127.0.0.1:${port}` } }],
    users: [{ name: 'u', user: { token: 'secret' } }],
    contexts: [{ name: 'staging', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'staging',
  });

describe('connecting to a cluster that is handed in', () => {
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meshproof-connect-'));
    file = join(folder, 'config');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('a file that is not there, or is no kubeconfig, is named', async () => {
    await expect(connect({ kubeconfig: join(folder, 'nowhere') }, signal)).rejects.toThrow(
      /nowhere cannot be read as a kubeconfig/,
    );
    await writeFile(file, 'contexts: {');
    await expect(connect({ kubeconfig: file }, signal)).rejects.toThrow(/cannot be read as a kubeconfig/);
  });

  test('an unknown context: the error lists those that are there', async () => {
    await writeFile(file, kubeconfig(1));
    await expect(connect({ kubeconfig: file, context: 'production' }, signal)).rejects.toMatchObject({
      message: expect.stringContaining('has no context "production"') as string,
      hint: 'It has: staging.',
    });
  });

  test('nobody listens: said at once, with the context and the address', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await writeFile(file, kubeconfig(port));
    await expect(connect({ kubeconfig: file }, signal)).rejects.toThrow(
      new RegExp(`staging \\(https://127\\.0\\.0\\.1:${port}\\) cannot be reached`),
    );
  });

  test('somebody listens and says nothing: said after the timeout', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    await writeFile(file, kubeconfig((server.address() as AddressInfo).port));
    await expect(connect({ kubeconfig: file }, signal)).rejects.toThrow(
      `gives no answer in ${TIMEOUTS.apiServer / 1000} s`,
    );
    server.close();
  });
});
