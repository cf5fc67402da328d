import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../paths.ts';

/** Version of meshproof, as its package says. */
export async function ownVersion(): Promise<string> {
  const manifest = await readFile(join(PROJECT_ROOT, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
