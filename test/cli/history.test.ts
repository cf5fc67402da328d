import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pastRunOf } from '../../src/report/history/history.ts';
import { failingReport, passingReport } from '../report/samples.ts';
import { meshproof } from './meshproof.ts';

describe('meshproof history', () => {
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meshproof-history-'));
    file = join(folder, 'nightly.jsonl');
    const runs = [passingReport, failingReport, passingReport].map((report) => ({
      ...pastRunOf(report),
      testedWith: 'local 1.31.0 1.40.0',
    }));
    await writeFile(file, runs.map((run) => `${JSON.stringify(run)}\n`).join(''));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('names the cases that changed though nothing else had', async () => {
    const { code, stdout } = await meshproof(['history', file]);
    expect(stdout).toContain('3 runs from 2026-03-04 to 2026-03-04, 2 of them conformant');
    expect(stdout).toContain('routing/path/user-service  changed 2 times in 3 runs, last passed');
    expect(stdout).not.toContain('routing/path/order-service');
    expect(stdout).toContain('1 changed their outcome though nothing else had changed');
    expect(code).toBe(0);
  });

  test('--json has the steady ones with --all', async () => {
    const { stdout } = await meshproof(['history', file, '--all', '--json']);
    const { runs, trends } = JSON.parse(stdout) as { runs: unknown[]; trends: { name: string }[] };
    expect(runs).toHaveLength(3);
    expect(trends.map(({ name }) => name)).toContain('routing/path/order-service');
  });

  test('what is no history ends with exit 2 and its line', async () => {
    const other = join(folder, 'other.jsonl');
    await writeFile(other, '\n{}\n');
    const { code, stderr } = await meshproof(['history', other]);
    expect(stderr).toContain('other.jsonl:2 is not a run of a history');
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(2);
  });
});
