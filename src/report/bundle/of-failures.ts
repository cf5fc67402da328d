import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import type { Report } from '../schema.ts';
import { packBundle } from './pack.ts';

/** Cases whose evidence goes in: each has the gateway's whole configuration in it. */
const AT_MOST = 20;

/**
 * The bundle that every run leaves beside its report when a case has failed; one of an earlier run is taken away.
 *
 * @returns its path; undefined when nothing failed
 * @throws SetupError when it cannot be written
 */
export async function bundleOfFailures(
  report: Report,
  folder: string,
  version: string,
): Promise<string | undefined> {
  const file = join(folder, 'bundle.tgz');
  const failed = new Set(
    report.cases.filter(({ evidence }) => evidence !== undefined).map(({ name }) => name),
  );
  if (failed.size === 0) {
    await rm(file, { force: true });
    return undefined;
  }
  await packBundle(report, folder, file, { atMost: AT_MOST, wanted: (name) => failed.has(name) }, version);
  return file;
}
