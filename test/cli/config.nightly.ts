import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ROOT, canRunLocally, meshproof } from './meshproof.ts';
import { ownMesh } from './own-mesh.ts';

const NAME = 'test-config-all';

describe.skipIf(!canRunLocally)("a team's own configuration, whole", () => {
  const mesh = ownMesh(NAME);
  beforeAll(async () => {
    await cp(join(ROOT, 'examples'), mesh.folder, { recursive: true });
  });

  test.each(['shop', 'parcels'] as const)(
    'whatever is broken of %s is seen',
    { timeout: 15 * 60_000 },
    async (example) => {
      const { code, stderr } = await meshproof(['prove', '--name', NAME, '--reuse'], {
        cwd: join(mesh.folder, example),
      });
      expect(stderr).toMatch(/(\d+) of \1 sabotages caught/);
      expect(code).toBe(0);
    },
  );
});
