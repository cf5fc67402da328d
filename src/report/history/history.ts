/** What is kept of many runs: one line of a plain file each, so that CI can keep it as an artefact or in a branch. */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { messageOf, SetupError, UsageError } from '../../errors.ts';
import { OUTCOMES } from '../../conformance/outcomes.ts';
import type { Report } from '../schema.ts';
import { VERDICTS } from '../verdict.ts';
import { writeWhole } from '../../whole-file.ts';

const pastRun = z.object({
  format: z.literal(1),
  startedAt: z.string(),
  verdict: z.enum(VERDICTS),
  /** What two runs must have in common for an outcome that changed to be the case's own doing. */
  testedWith: z.string(),
  /** Outcome and milliseconds by a case's name. */
  cases: z.record(z.string(), z.tuple([z.enum(OUTCOMES), z.number().nonnegative()])),
});

/** One run, as far as it is remembered. */
export type PastRun = z.infer<typeof pastRun>;

/** How many runs a file keeps; of a nightly that is a season. Older ones fall out. */
export const KEPT_RUNS = 90;

/** What is remembered of a run. */
export const pastRunOf = ({ startedAt, verdict, environment, versions, patch, cases }: Report): PastRun => ({
  format: 1,
  startedAt,
  verdict,
  testedWith: [environment.kind, versions.istio, versions.envoy, ...(patch ?? [])].join(' '),
  cases: Object.fromEntries(
    cases.map(({ name, outcome, durationMs }) => [name, [outcome, Math.round(durationMs)]]),
  ),
});

/**
 * Reads the runs of a history, the oldest first.
 *
 * @throws UsageError when the file cannot be read, or a line of it is no run
 */
export async function readHistory(file: string): Promise<PastRun[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(`the history ${file} cannot be read: ${messageOf(error)}`, {
      hint: 'A run with --history FILE begins one.',
      cause: error,
    });
  });
  return text
    .split('\n')
    .map((line, i) => ({ line, number: i + 1 }))
    .filter(({ line }) => line !== '')
    .map(({ line, number }) => runOf(line, `${file}:${number}`));
}

function runOf(line: string, where: string): PastRun {
  try {
    return pastRun.parse(JSON.parse(line));
  } catch (error) {
    throw new UsageError(`${where} is not a run of a history`, {
      hint: 'Name a file that "meshproof run --history FILE" writes.',
      cause: error,
    });
  }
}

/**
 * Makes sure, before a run that takes minutes, that it can be added to a history.
 *
 * @throws UsageError when the file is there and is none
 */
export async function checkHistory(file: string): Promise<PastRun[]> {
  const isThere = await readFile(file).then(
    () => true,
    (error: unknown) => (error as NodeJS.ErrnoException).code !== 'ENOENT',
  );
  return isThere ? readHistory(file) : [];
}

/** Adds a run. The file is the old one or the new one, whatever happens. @throws HarnessError when it cannot be written */
export async function addToHistory(file: string, run: PastRun): Promise<void> {
  const runs = [...(await checkHistory(file)), run].slice(-KEPT_RUNS);
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeWhole(file, runs.map((each) => `${JSON.stringify(each)}\n`).join(''));
  } catch (error) {
    throw new SetupError(`the history ${file} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}
