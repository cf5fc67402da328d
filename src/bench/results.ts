import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { UsageError, messageOf } from '../errors.ts';
import { writeWhole } from '../whole-file.ts';

const resultsSchema = z.record(z.string(), z.unknown());

/**
 * Puts the figures of one bench under its key of a results file, which is made when it is not there. Other keys stay
 * as they are.
 *
 * @throws UsageError when the file is there and is no results file: it is not overwritten
 */
export async function keepFigures(file: string, key: string, figures: unknown): Promise<void> {
  const results = { ...(await readResults(file)), [key]: figures };
  const sorted = Object.fromEntries(Object.entries(results).toSorted(([a], [b]) => a.localeCompare(b)));
  await mkdir(dirname(file), { recursive: true });
  await writeWhole(file, `${JSON.stringify(sorted, undefined, 2)}\n`);
}

async function readResults(file: string): Promise<Record<string, unknown>> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}';
    throw new UsageError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  try {
    return resultsSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new UsageError(`${file} holds no results of benches`, {
      hint: 'Move it away, or name another file with --out.',
      cause: error,
    });
  }
}
