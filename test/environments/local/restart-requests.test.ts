import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Components } from '../../../src/environments/local/component.ts';
import { serveRestarts } from '../../../src/environments/local/restart-requests.ts';
import { restartNodeComponent } from '../../../src/environments/node-components.ts';
import type { ComponentDiedError } from '../../../src/errors.ts';
import type { Cluster } from '../../../src/kubernetes/cluster.ts';
import { done, notYet, waitFor } from '../../../src/waiting.ts';

let folder: string;
let socket: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meshproof-restart-'));
  socket = join(folder, 's');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const healthy = {
  core: {
    listNode: () => Promise.resolve({ items: [{ metadata: { name: 'local' } }] }),
    connectGetNodeProxyWithPath: () => Promise.resolve('ok'),
  },
} as unknown as Cluster;

const restart = (component: string) =>
  restartNodeComponent(
    { nodeControl: { socket } },
    healthy,
    component as 'kubelet',
    AbortSignal.timeout(10_000),
  );

describe("restarting the node's components", () => {
  test('whoever is inside the mesh has its owner do it', async () => {
    const asked: string[] = [];
    const restarts = (name: string) => {
      asked.push(name);
      return Promise.resolve();
    };
    await serveRestarts({ restart: restarts }, socket);
    await restart('kubelet');
    await restart('containerd');
    expect(asked).toEqual(['kubelet', 'containerd']);
  });

  test('what else runs there is not restarted', async () => {
    await serveRestarts({ restart: () => Promise.resolve() }, socket);
    await expect(restart('etcd')).rejects.toThrow('"etcd" is not restarted on request');
  });

  test('why it could not be done is said', async () => {
    const failing = { restart: () => Promise.reject(new Error('no such program')) };
    await serveRestarts(failing, socket);
    await expect(restart('kubelet')).rejects.toThrow('kubelet could not be restarted: no such program');
  });

  test('an environment that has no way to do it says so', async () => {
    await expect(restartNodeComponent({}, healthy, 'kubelet', AbortSignal.abort())).rejects.toThrow(
      'cannot restart kubelet',
    );
  });
});

describe('a component that is restarted', () => {
  test('is another process afterwards, has not died, and is watched as before', async () => {
    const deaths: ComponentDiedError[] = [];
    const components = new Components(folder, (error) => deaths.push(error));
    const file = join(folder, 'pid');
    const pid = () =>
      waitFor({ subject: 'its pid', deadlineMs: 10_000 }, async () => {
        const text = await readFile(file, 'utf8').catch(() => '');
        return text === '' ? notYet('nothing is written') : done(Number(text));
      });
    await components.start({
      name: 'sleeper',
      command: 'sh',
      args: ['-c', `echo $$ >${file}; exec sleep 60`],
    });
    const first = await pid();
    await rm(file);
    const both = components.restart('sleeper');
    await expect(components.restart('sleeper')).rejects.toThrow('it is being already');
    await both;
    const second = await pid();
    expect(second).not.toBe(first);
    expect(deaths).toEqual([]);
    process.kill(second, 'SIGKILL');
    await waitFor({ subject: 'its death', deadlineMs: 10_000 }, () =>
      Promise.resolve(deaths.length > 0 ? done(undefined) : notYet('nobody has died')),
    );
    expect(deaths[0]?.message).toContain('sleeper was ended by SIGKILL');
    await expect(components.restart('sleeper')).rejects.toThrow('it does not run');
  });
});
