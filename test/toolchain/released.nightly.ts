import { chmod, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { meshproofHome } from '../../src/paths.ts';
import { builtPlan } from '../../src/toolchain/built.ts';
import { findPrepared } from '../../src/toolchain/cache.ts';
import { RELEASED } from '../../src/toolchain/pins.ts';
import { SERVICES, bundleServices } from '../../src/toolchain/services-image.ts';
import { ensureToolchain, type Toolchain } from '../../src/toolchain/toolchain.ts';
import { serveReleased, type LoopbackRegistry } from './loopback-registry.ts';
import { NEVER, collectingProgress, temporaryFolder } from './workplace.ts';

const progress = collectingProgress();
const options = { home: meshproofHome(), progress, signal: NEVER };
const plan = await builtPlan({ ...options, services: await bundleServices(SERVICES) });
const warm = (await findPrepared(options.home, plan.wanted)) !== undefined;

/** Commands that the toolchain itself runs; the others may be anything. */
const REAL = ['containerd', 'ctr', 'containerd-shim-runc-v2', 'runc', 'istioctl'];

describe.skipIf(!warm || process.getuid?.() !== 0)(
  'released images from a registry on loopback (needs root and a built toolchain in the cache)',
  { timeout: 180_000 },
  () => {
    let registry: LoopbackRegistry;
    let built: Toolchain;
    const before = process.env.MESHPROOF_REGISTRY;

    beforeAll(async () => {
      built = await ensureToolchain({ ...options, images: 'built' });
    });
    afterAll(async () => {
      await registry.close();
      if (before === undefined) delete process.env.MESHPROOF_REGISTRY;
      else process.env.MESHPROOF_REGISTRY = before;
    });

    test('make a toolchain of the same form, with its own store', async () => {
      const work = await temporaryFolder();
      const tiny = join(work, 'tiny');
      await writeFile(tiny, '#!/bin/sh\necho tiny\n');
      await chmod(tiny, 0o755);
      await mkdir(join(work, 'registry'));
      registry = await serveReleased(built, join(work, 'registry'), (command) =>
        REAL.includes(command) ? join(built.bin, command) : tiny,
      );
      process.env.MESHPROOF_REGISTRY = registry.address;
      const home = join(work, 'home');
      const released = await ensureToolchain({ home, progress, signal: NEVER, images: 'auto' });

      expect([released.source, released.why]).toEqual(['released', 'an image registry answers']);
      expect((await readdir(released.bin)).sort()).toEqual(
        (await readdir(built.bin))
          .filter((name) => !['crane', 'pilot-agent', 'pilot-discovery'].includes(name))
          .sort(),
      );
      expect((await readdir(released.cniBin)).sort()).toEqual((await readdir(built.cniBin)).sort());
      expect(await readFile(join(released.bin, 'kubelet'), 'utf8')).toContain('tiny');
      expect(released.images).toMatchObject({
        hub: 'docker.io/istio',
        tag: RELEASED.istio.tag,
        pause: 'registry.k8s.io/pause:3.10.2',
      });
      expect(released.versions).toMatchObject({
        istio: built.versions.istio,
        envoy: built.versions.envoy,
        envoyBuild: built.versions.envoyBuild,
        containerd: built.versions.containerd,
        runc: built.versions.runc,
        kubernetes: RELEASED.node.tag,
      });
      // It is our own proxy under the released name, and that is seen in the binary.
      expect(released.stockEnvoy).toBe(true);
      const digestOf = (toolchain: Toolchain, name: string): string | undefined =>
        toolchain.imageTarballs.find(({ ref }) => ref.includes(name))?.digest;
      for (const name of ['/pilot:', '/proxyv2:', '/pause:'])
        expect(digestOf(released, name), name).toBe(digestOf(built, name));
      expect(
        (await stat(join(released.containerdRoot, 'io.containerd.metadata.v1.bolt/meta.db'))).size,
      ).toBeGreaterThan(0);

      // Everything is in the cache now: no registry is asked again, nor anything said.
      await registry.close();
      const quiet = collectingProgress();
      const again = await ensureToolchain({ home, progress: quiet, signal: NEVER, images: 'auto' });
      expect(again).toEqual({ ...released, why: 'already in the cache' });
      expect(quiet.lines).toEqual([]);
    });
  },
);
