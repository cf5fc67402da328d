import { expect, test } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { ensureToolchain } from '../../src/toolchain/toolchain.ts';
import { NEVER, collectingProgress, temporaryFolder } from './workplace.ts';

const progress = collectingProgress();

test('a version of Envoy cannot be asked of released images', async () => {
  const home = await temporaryFolder();
  const asked = ensureToolchain({
    home,
    progress,
    signal: NEVER,
    images: 'released',
    envoyVersion: '1.36.4',
  });
  await expect(asked).rejects.toBeInstanceOf(UsageError);
});

test.each([
  [
    { hub: 'docker.io/istio' },
    '--hub docker.io/istio cannot go with built images: those of these versions are',
  ],
  [{ tag: '1.31.1-distroless' }, '--tag 1.31.1-distroless cannot go with built images'],
])('of built images there is one hub and one tag, not %j', async (other, said) => {
  const home = await temporaryFolder();
  const asked = ensureToolchain({ home, progress, signal: NEVER, images: 'built', ...other });
  await expect(asked).rejects.toThrow(said);
});

test('a version of Istio that is not served cannot be built', async () => {
  const home = await temporaryFolder();
  const asked = ensureToolchain({ home, progress, signal: NEVER, images: 'built', istioVersion: '1.29.0' });
  await expect(asked).rejects.toThrow(/Istio 1\.29\.0 cannot be built/);
});
