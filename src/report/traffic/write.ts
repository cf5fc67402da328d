import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChangeResult } from '../../traffic/run-change.ts';
import { writeWhole } from '../../whole-file.ts';
import { trafficHtml } from './html.ts';

/** What traffic.json is: raised when a reader of it would have to change. */
const FORMAT = 1;

/** Writes traffic.json and traffic.html. @param folder absolute; made when it is not there */
export async function writeTrafficReport(
  changes: readonly ChangeResult[],
  folder: string,
): Promise<{ readonly json: string; readonly html: string }> {
  await mkdir(folder, { recursive: true });
  const json = join(folder, 'traffic.json');
  await writeWhole(json, `${JSON.stringify({ format: FORMAT, changes }, undefined, 1)}\n`);
  const html = join(folder, 'traffic.html');
  await writeWhole(html, trafficHtml(changes));
  return { json, html };
}
