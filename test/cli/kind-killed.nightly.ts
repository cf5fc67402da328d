import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { aloneWithMachineState, leftovers, meshproof, start } from './meshproof.ts';
import { canStartDocker, clientContainers, killedDuring } from './on-kind.ts';

const NAME = 'test-kind-kept';

describe.skipIf(!canStartDocker)('a run on kind that is killed', () => {
  aloneWithMachineState();

  test.each(['Docker daemon', 'Cluster (kind create)', 'Images into the node', 'Istio', 'Suites'])(
    'during the step "%s" leaves nothing that down --all does not remove',
    killedDuring,
  );

  test('amid the suites leaves containers, which the next one removes', async () => {
    const out = await mkdtemp(join(tmpdir(), 'meshproof-kind-kept-'));
    try {
      expect((await meshproof(['up', '--env', 'kind', '--images', 'built', '--name', NAME])).code).toBe(0);
      const where = ['--env', 'kind', '--reuse', '--name', NAME, '--out', out];
      const killed = start(['run', ...where, '--only', 'load-balancer/**']);
      await killed.shows('Suites');
      killed.child.kill('SIGKILL');
      await killed.finished;
      const again = await meshproof(['run', ...where, '--only', 'load-balancer/alpn/**']);
      expect(again.code, again.stderr).toBe(0);
      expect(await clientContainers(NAME)).toMatchObject({ code: 0, stdout: '' });
    } finally {
      await meshproof(['down', '--name', NAME]);
      expect(await leftovers(NAME)).toEqual([]);
      await rm(out, { recursive: true, force: true });
    }
  });
});
