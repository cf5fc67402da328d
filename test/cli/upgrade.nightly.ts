import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canRunLocally, leftovers } from './meshproof.ts';
import { upgradesWithoutLoss } from './upgrading.ts';

const NAME = 'test-upgrade';
const ENVOYS = ['--from', 'envoy=1.36.4', '--to', 'envoy=1.40.0'];
const SETTING = ['--set', 'meshConfig.enableTracing=true'];
const CANARY_MARKS = [
  'second control plane, canary, installed',
  'gateway moved to canary',
  'injection and validation moved to canary',
  'first control plane, default, taken away',
  'change done',
];

describe.skipIf(!canRunLocally)('meshproof upgrade', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meshproof-upgrade-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test.each([
    ['in-place', ENVOYS, 1],
    ['gateway-first', [...ENVOYS, ...SETTING], 2],
    ['canary', SETTING, 4],
  ])('%s with %j and back: no unary RPC is lost', async (strategy, what, steps) => {
    const out = join(folder, strategy);
    const marks = await upgradesWithoutLoss([...what, '--strategy', strategy, '--name', NAME, '--out', out]);
    expect(marks).toHaveLength(steps + 1);
    if (strategy === 'canary') expect(marks).toEqual(CANARY_MARKS);
    expect(await leftovers(NAME)).toEqual([]);
  });
});
