import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { meshproofHome } from '../../src/paths.ts';
import { readReport } from '../../src/report/write.ts';
import { ensureToolchain } from '../../src/toolchain/toolchain.ts';
import { type LoopbackRegistry, serveReleased } from '../toolchain/loopback-registry.ts';
import { canRunLocally, meshproof } from './meshproof.ts';

/**
 * The way of a user with a network: images are pulled by the names of their releases and nothing is compiled. Here the
 * registry is on loopback and carries our own images, so this proves the way, not the released images.
 */
describe.skipIf(!canRunLocally)('--images released, from a registry on loopback', () => {
  let folder: string;
  let registry: LoopbackRegistry;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meshproof-released-'));
    const progress = {
      begin: () => ({ detail: () => undefined, done: () => undefined, failed: () => undefined }),
      note: () => undefined,
    };
    const { signal } = new AbortController();
    const built = await ensureToolchain({ home: meshproofHome(), images: 'built', progress, signal });
    registry = await serveReleased(built, folder);
  });

  afterAll(async () => {
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('a mesh comes up from them and routes as it must', async () => {
    const out = join(folder, 'results');
    const { code, stderr } = await meshproof(['run', '--images', 'released', '--only', 'S4', '--out', out], {
      env: { MESHPROOF_REGISTRY: registry.address, MESHPROOF_HOME: join(folder, 'home') },
    });
    expect(stderr).toContain('Conformant');
    expect(code).toBe(0);
    expect((await readReport(join(out, 'report.json'))).images?.source).toBe('released');
  });
});
