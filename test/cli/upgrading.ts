import { expect } from 'vitest';
import type { UpgradeReport } from '../../src/report/upgrade/upgrade.ts';
import { meshproof } from './meshproof.ts';

/**
 * Demands of an upgrade, there and back, under little traffic, that nothing of it is as it should not be.
 *
 * @param args of `meshproof upgrade`
 * @returns what was done, in order, on the way there
 */
export async function upgradesWithoutLoss(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<readonly string[]> {
  const little = ['--only', 'S10', '--rate', '50', '--streams', '24'];
  const { code, stdout, stderr } = await meshproof(['upgrade', ...args, ...little, '--json'], { env });
  expect(stdout, stderr).not.toBe('');
  const report = JSON.parse(stdout) as UpgradeReport;
  expect(report.reasons).toEqual([]);
  expect(code).toBe(0);
  expect([report.losses.forward.unary, report.losses.rollback?.unary]).toEqual([0, 0]);
  return report.forward.account.marks.map(({ what }) => what);
}
