import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/errors.ts';
import {
  KEPT_RUNS,
  addToHistory,
  checkHistory,
  pastRunOf,
  readHistory,
} from '../../../src/report/history/history.ts';
import { failingReport, passingReport } from '../samples.ts';

describe('a history', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meshproof-history-'));
    file = join(folder, 'below', 'nightly.jsonl');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('gives back what was added, the oldest first, and leaves nothing beside it', async () => {
    await addToHistory(file, pastRunOf(passingReport));
    await addToHistory(file, pastRunOf(failingReport));
    const runs = await readHistory(file);
    expect(runs.map(({ verdict }) => verdict)).toEqual(['conformant', 'not-conformant']);
    const [name = ''] = Object.keys(runs[1]?.cases ?? {});
    expect(runs[1]?.cases[name]).toEqual(['passed', 12]);
    expect(await readdir(join(folder, 'below'))).toEqual(['nightly.jsonl']);
  });

  test('forgets the oldest runs', async () => {
    const runs = Array.from({ length: KEPT_RUNS + 1 }, (_, i) => ({
      ...pastRunOf(passingReport),
      startedAt: String(i),
    }));
    await addToHistory(file, pastRunOf(passingReport));
    await writeFile(file, runs.map((run) => `${JSON.stringify(run)}\n`).join(''));
    await addToHistory(file, pastRunOf(passingReport));
    const kept = await readHistory(file);
    expect(kept).toHaveLength(KEPT_RUNS);
    expect(kept[0]?.startedAt).toBe('2');
  });

  test('that is none yet is no error for a run, but for a reader', async () => {
    expect(await checkHistory(file)).toEqual([]);
    await expect(readHistory(file)).rejects.toThrow(UsageError);
  });

  test('with a line that is no run is refused with its number, and left as it is', async () => {
    await addToHistory(file, pastRunOf(passingReport));
    await writeFile(file, `${await readFile(file, 'utf8')}{"half": `);
    const before = await readFile(file, 'utf8');
    await expect(addToHistory(file, pastRunOf(passingReport))).rejects.toThrow(`${file}:2 is not a run`);
    expect(await readFile(file, 'utf8')).toBe(before);
  });
});
