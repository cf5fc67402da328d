import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { meshproofHome } from '../../src/paths.ts';
import { readReport } from '../../src/report/write.ts';
import type { UpgradeReport } from '../../src/report/upgrade/upgrade.ts';
import { RELEASED } from '../../src/toolchain/pins.ts';
import { ensureToolchain } from '../../src/toolchain/toolchain.ts';
import { type LoopbackRegistry, serveReleased } from '../toolchain/loopback-registry.ts';
import { canRunLocally, meshproof, startCommand } from './meshproof.ts';

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
    for (const name of ['pilot', 'proxyv2']) {
      const image = `${registry.address}/istio/${name}:${RELEASED.istio.tag}`;
      const copy = `${registry.address}/elsewhere/istio/${name}:renamed`;
      const copying = await startCommand(crane, ['copy', '--insecure', image, copy]).finished;
      expect(copying.code, copying.stderr).toBe(0);
    }
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
    for (const name of ['pilot', 'proxyv2']) {
      const image = `${registry.address}/istio/${name}:${RELEASED.istio.tag}`;
      const copying = await startCommand(crane, [
        'copy',
        '--insecure',
        image,
        image.replace(/[^:]*$/, 'next'),
      ]).finished;
      expect(copying.code, copying.stderr).toBe(0);
    }
    const out = join(folder, 'upgrade');
    const env = { MESHPROOF_REGISTRY: registry.address, MESHPROOF_HOME: join(folder, 'home') };
    const { code, stdout, stderr } = await meshproof(
      [
        ...['upgrade', '--from', `tag=${RELEASED.istio.tag}`, '--to', 'tag=next', '--only', 'S10'],
        ...['--rate', '50', '--streams', '24', '--name', 'test-upgrade', '--out', out, '--json'],
      ],
      { env },
    );
    expect(stdout, stderr).not.toBe('');
    const report = JSON.parse(stdout) as UpgradeReport;
    expect(report.reasons).toEqual([]);
    expect(code).toBe(0);
    expect([report.losses.forward.unary, report.losses.rollback?.unary]).toEqual([0, 0]);
    const marks = report.forward.account.marks.map(({ what }) => what);
    expect(marks).toEqual(['Istio installed over what is there', 'change done']);
  });
});
