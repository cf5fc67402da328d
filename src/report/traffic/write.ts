import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChangeResult } from '../../traffic/run-change.ts';
import { writeWhole } from '../../whole-file.ts';
import { trafficHtml } from './html.ts';
import { TRAFFIC_FORMAT } from './schema.ts';

/** Writes traffic.json and traffic.html. @param folder absolute; made when it is not there */
export async function writeTrafficReport(
  changes: readonly ChangeResult[],
  folder: string,
): Promise<{ readonly json: string; readonly html: string }> {
  await mkdir(folder, { recursive: true });
  const json = join(folder, 'traffic.json');
  await writeWhole(json, `${JSON.stringify({ format: TRAFFIC_FORMAT, changes }, undefined, 1)}\n`);
  const html = join(folder, 'traffic.html');
  await writeWhole(html, trafficHtml(changes));
  return { json, html };
}
