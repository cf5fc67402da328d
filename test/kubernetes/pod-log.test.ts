import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Cluster } from '../../src/kubernetes/cluster.ts';
import { followLogs } from '../../src/kubernetes/pod-log.ts';

test.each([
  ['ends', false],
  ['breaks off', true],
])('a log that %s is not taken for a silent one', async (_, destroys) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.write('one\ntwo\n', () => {
      if (destroys) response.destroy();
      else response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const folder = await mkdtemp(join(tmpdir(), 'meshproof-'));
  try {
    const kubeconfig = join(folder, 'kubeconfig');
    const { port } = server.address() as AddressInfo;
    const named = (what: object) => [{ name: 'test', ...what }];
    await writeFile(
      kubeconfig,
      JSON.stringify({
        clusters: named({
          cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true },
        }),
        users: named({ user: {} }),
        contexts: named({ context: { cluster: 'test', user: 'test' } }),
        'current-context': 'test',
      }),
    );
    const lines: string[] = [];
    const following = async () => {
      const { signal } = new AbortController();
      for await (const line of followLogs(new Cluster(kubeconfig), 'default', ['pod'], 'proxy', signal))
        lines.push(line);
    };
    await expect(following()).rejects.toThrow(/pod|terminated|aborted/);
    expect(lines).toEqual(['one', 'two']);
    expect(asked).toEqual([
      expect.stringContaining('/namespaces/default/pods/pod/log?container=proxy&follow=true'),
    ]);
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
});
