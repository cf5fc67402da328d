import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readReport } from '../../src/report/write.ts';
import { canRunLocally } from './meshproof.ts';
import { clusterOf } from './on-cluster.ts';
import { ownMesh } from './own-mesh.ts';

const NAME = 'test-cluster-all';

describe.skipIf(!canRunLocally)('--env cluster, whole', () => {
  const mesh = ownMesh(NAME);

  test(
    'every case passes by the node port, and all that was made is gone',
    { timeout: 30 * 60_000 },
    async () => {
      const { inside, onCluster, state } = clusterOf(NAME);
      await inside('kubectl label namespace default meshproof.dev/fit=true');
      const before = await state();
      const { code, stderr } = await onCluster('run', '--gateway', 'node-port', '--out', mesh.folder);
      expect(stderr).toContain('Conformant');
      expect(code).toBe(0);
      const { environment } = await readReport(join(mesh.folder, 'report.json'));
      expect(environment.capabilities).toContain('node-port');
      expect(await state()).toBe(before);
    },
  );
});
