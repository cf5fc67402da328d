import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { UpgradeReport } from '../../src/report/upgrade/upgrade.ts';
import { canRunLocally, leftovers, meshproof } from './meshproof.ts';

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
    const { code, stdout, stderr } = await meshproof([
      ...['upgrade', ...what, '--strategy', strategy, '--only', 'S10'],
      ...['--rate', '50', '--streams', '24', '--name', NAME, '--out', join(folder, strategy), '--json'],
    ]);
    expect(stdout, stderr).not.toBe('');
    const report = JSON.parse(stdout) as UpgradeReport;
    expect(report.reasons).toEqual([]);
    expect(code).toBe(0);
    expect([report.losses.forward.unary, report.losses.rollback?.unary]).toEqual([0, 0]);
    const marks = report.forward.account.marks.map(({ what }) => what);
    expect(marks).toHaveLength(steps + 1);
    if (strategy === 'canary') expect(marks).toEqual(CANARY_MARKS);
    expect(await leftovers(NAME)).toEqual([]);
  });
});
