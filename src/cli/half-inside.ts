import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvironmentHandle } from '../environments/handle.ts';
import { PROJECT_ROOT, THIS_NODE } from '../paths.ts';
import { runInside } from './inside.ts';

/** What the half of a command that lives inside an environment has left behind. */
export interface InsideResult<Outcome> {
  readonly code: number;
  /** Undefined when it ended without one. */
  readonly outcome: Outcome | undefined;
}

/**
 * Runs a script of this project where the gateway is reached. It reads its request from a file, the name of which is
 * its last argument, and leaves its outcome in the file that the request names.
 *
 * @param folder where both files and what the script makes for a time go; the environment's own, which is removed with
 *   it
 * @param script path from the project's root, and arguments before the last
 * @param lifetime aborted to have it end
 */
export async function runHalfInside<Request extends { readonly outcomeFile: string }, Outcome>(
  mesh: EnvironmentHandle,
  folder: string,
  script: readonly [path: string, ...args: string[]],
  wanted: Omit<Request, 'outcomeFile'>,
  lifetime: AbortSignal,
): Promise<InsideResult<Outcome>> {
  const outcomeFile = join(folder, 'outcome.json');
  const requestFile = join(folder, 'request.json');
  await rm(outcomeFile, { force: true });
  await writeFile(requestFile, JSON.stringify({ ...wanted, outcomeFile }));
  const [path, ...args] = script;
  const code = await runInside(
    mesh,
    [...THIS_NODE, join(PROJECT_ROOT, path), ...args, requestFile],
    lifetime,
    folder,
  );
  const outcome = await readFile(outcomeFile, 'utf8').catch(() => undefined);
  return { code, outcome: outcome === undefined ? undefined : (JSON.parse(outcome) as Outcome) };
}
