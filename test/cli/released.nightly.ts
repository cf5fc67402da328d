import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { meshproofHome } from '../../src/paths.ts';
import { readReport } from '../../src/report/write.ts';
import { RELEASED } from '../../src/toolchain/pins.ts';
import { ensureToolchain } from '../../src/toolchain/toolchain.ts';
import { type LoopbackRegistry, serveReleased } from '../toolchain/loopback-registry.ts';
import { canRunLocally, meshproof, startCommand } from './meshproof.ts';
import { upgradesWithoutLoss } from './upgrading.ts';

/**
 * The way of a user with a network: images are pulled by the names of their releases and nothing is compiled. Here the
 * registry is on loopback and carries our own images, so this proves the way, not the released images.
 */
describe.skipIf(!canRunLocally)('--images released, from a registry on loopback', () => {
  let folder: string;
  let registry: LoopbackRegistry;
  let crane: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meshproof-released-'));
    const progress = {
      begin: () => ({ detail: () => undefined, done: () => undefined, failed: () => undefined }),
      note: () => undefined,
    };
    const { signal } = new AbortController();
    const built = await ensureToolchain({ home: meshproofHome(), images: 'built', progress, signal });
    crane = join(built.bin, 'crane');
    registry = await serveReleased(built, folder);
  });

  afterAll(async () => {
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Istio's images once more, under another path and tag. */
  const alsoAs = async (path: string, tag: string) => {
    for (const name of ['pilot', 'proxyv2']) {
      const image = `${registry.address}/istio/${name}:${RELEASED.istio.tag}`;
      const copy = `${registry.address}/${path}/${name}:${tag}`;
      const copying = await startCommand(crane, ['copy', '--insecure', image, copy]).finished;
      expect(copying.code, copying.stderr).toBe(0);
    }
  };

  test('a mesh comes up from them and routes as it must', async () => {
    const out = join(folder, 'results');
    const { code, stderr } = await meshproof(['run', '--images', 'released', '--only', 'S4', '--out', out], {
      env: { MESHPROOF_REGISTRY: registry.address, MESHPROOF_HOME: join(folder, 'home') },
    });
    expect(stderr).toContain('Conformant');
    expect(code).toBe(0);
    expect((await readReport(join(out, 'report.json'))).images?.source).toBe('released');
  });

  test("--hub, --tag and --profile choose Istio's images and what is installed of it", async () => {
    await alsoAs('elsewhere/istio', 'renamed');
    const out = join(folder, 'elsewhere');
    const asked = { hub: 'registry.example.com/elsewhere/istio', tag: 'renamed', profile: 'demo' };
    const options = Object.entries(asked).flatMap(([name, value]) => [`--${name}`, value]);
    const env = { MESHPROOF_REGISTRY: registry.address, MESHPROOF_HOME: join(folder, 'home') };
    const run = [
      'run',
      '--images',
      'released',
      '--only',
      'S10',
      '--out',
      out,
      '--name',
      'test-hub',
      '--keep',
    ];
    const { code, stderr } = await meshproof([...run, ...options], { env });
    try {
      expect(code, stderr).toBe(0);
      expect((await readReport(join(out, 'report.json'))).asked).toEqual({ images: 'released', ...asked });
      const images = 'jsonpath={.items[*].spec.containers[*].image}';
      const inside = ['exec', '--name', 'test-hub', '--', 'kubectl', '-n', 'istio-system', 'get', 'pods'];
      const { stdout } = await meshproof([...inside, '-o', images], { env });
      // Of the profile demo there is an egress gateway beside istiod and the ingress gateway.
      expect(stdout.split(' ').sort()).toEqual([
        ...[`${asked.hub}/pilot:renamed`, `${asked.hub}/proxyv2:renamed`, `${asked.hub}/proxyv2:renamed`],
      ]);
    } finally {
      await meshproof(['down', '--name', 'test-hub'], { env });
    }
  });

  test('an upgrade of Istio from one release to another loses no RPC, there and back', async () => {
    // The same images under another name: what is proven is the way, not a version.
    await alsoAs('istio', 'next');
    const out = join(folder, 'upgrade');
    const env = { MESHPROOF_REGISTRY: registry.address, MESHPROOF_HOME: join(folder, 'home') };
    const marks = await upgradesWithoutLoss(
      ['--from', `tag=${RELEASED.istio.tag}`, '--to', 'tag=next', '--name', 'test-upgrade', '--out', out],
      env,
    );
    expect(marks).toEqual(['Istio installed over what is there', 'change done']);
  });
});
