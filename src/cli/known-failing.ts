import { readFile } from 'node:fs/promises';
import { type KnownFailing, parseKnownFailing } from '../conformance/known-failing.ts';
import type { Case } from '../conformance/model.ts';
import { UsageError } from '../errors.ts';

/** The entries of all lists, in the order in which they are given. @throws UsageError when one is no good */
export async function readKnownFailing(
  files: readonly string[],
  all: readonly Case[],
): Promise<KnownFailing[]> {
  const lists = await Promise.all(
    files.map(async (file) => {
      const source = `the list ${file}`;
      const text = await readFile(file, 'utf8').catch((error: unknown) => {
        throw new UsageError(`${source} cannot be read`, { cause: error });
      });
      return parseKnownFailing(text, source, all);
    }),
  );
  return lists.flat();
}
