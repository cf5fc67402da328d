import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChangeResult } from '../../traffic/run-change.ts';
import { writeWhole } from '../../whole-file.ts';

/** What traffic.json is: raised when a reader of it would have to change. */
const FORMAT = 1;

/** Writes traffic.json. @param folder absolute; made when it is not there */
export async function writeTrafficReport(
  changes: readonly ChangeResult[],
  folder: string,
): Promise<{ readonly json: string }> {
  await mkdir(folder, { recursive: true });
  const json = join(folder, 'traffic.json');
  await writeWhole(json, `${JSON.stringify({ format: FORMAT, changes }, undefined, 1)}\n`);
  return { json };
}
