import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { EXIT, UsageError } from '../errors.ts';
import { DEFAULT_CONFIG } from '../team/load.ts';
import { type Found, commentedConfig, foundIn } from '../team/starter.ts';
import type { Output } from './output.ts';
import { writeWhole } from '../whole-file.ts';

export interface InitOptions {
  readonly force?: boolean;
}

/** Folders that nobody keeps manifests in, and how deep is looked. */
const SKIPPED = /^(node_modules|results|\..*)$/;
const DEEPEST = 4;

/** `meshproof init`: writes a commented configuration, with the routes that the folder's own YAML has. */
export async function init(options: InitOptions, output: Output): Promise<number> {
  const file = resolve(DEFAULT_CONFIG);
  const text = commentedConfig(foundIn(await yamlBelow(process.cwd(), 0)));
  const flag = options.force === true ? 'w' : 'wx';
  try {
    // Reserves the name, so that a file which is there is never replaced unasked.
    if (flag === 'wx') await writeFile(file, '', { flag });
    await writeWhole(file, text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new UsageError(`${DEFAULT_CONFIG} is there already`, { hint: '--force writes it anew.' });
    }
    throw new UsageError(`${DEFAULT_CONFIG} cannot be written`, { cause: error });
  }
  output.out.write(
    [
      `${DEFAULT_CONFIG} is written. Next:`,
      '',
      '  1. Read it: where each RPC must go is yours to say.',
      '  2. meshproof list     what will be proven',
      '  3. meshproof run      a mesh, your manifests, a verdict',
      '',
    ].join('\n'),
  );
  return EXIT.conformant;
}

async function yamlBelow(folder: string, depth: number): Promise<Found[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found: Found[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && depth < DEEPEST && !SKIPPED.test(entry.name)) {
      found.push(...(await yamlBelow(path, depth + 1)));
    } else if (entry.isFile() && /\.ya?ml$/.test(entry.name)) {
      found.push({ file: relative(process.cwd(), path), text: await readFile(path, 'utf8') });
    }
  }
  return found;
}
