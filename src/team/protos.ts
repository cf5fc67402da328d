import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { learnMethods } from '../clients/protos.ts';
import { UsageError } from '../errors.ts';

/** The files that methods are known by, and the folders that their imports are relative to. All absolute. */
export interface Protos {
  readonly files: readonly string[];
  readonly includeDirs: readonly string[];
}

/**
 * Reads a team's protos, so that their methods are known by kind and their messages by their fields.
 *
 * @param paths .proto files, or folders of them, which imports are relative to
 * @throws UsageError when one is not there or cannot be read
 */
export async function learnProtos(root: string, paths: readonly string[]): Promise<Protos> {
  const files: string[] = [];
  const includeDirs: string[] = [];
  for (const path of paths) {
    const absolute = resolve(root, path);
    const facts = await stat(absolute).catch(() => undefined);
    if (facts === undefined) throw new UsageError(`the protos ${path} are not there`);
    if (facts.isFile()) {
      files.push(absolute);
      includeDirs.push(dirname(absolute));
      continue;
    }
    includeDirs.push(absolute);
    const names = await readdir(absolute, { recursive: true });
    files.push(...names.filter((name) => name.endsWith('.proto')).map((name) => join(absolute, name)));
  }
  try {
    learnMethods(files, [...new Set(includeDirs)], {});
  } catch (error) {
    throw new UsageError('the protos cannot be read', { cause: error });
  }
  return { files, includeDirs: [...new Set(includeDirs)] };
}
