import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReportDiff } from '../../src/report/diff/compare.ts';
import { failingReport, passingReport } from '../report/samples.ts';
import { meshproof } from './meshproof.ts';

let folder: string;
const file = (name: string) => join(folder, `${name}.json`);
const write = (name: string, report: unknown) => writeFile(file(name), JSON.stringify(report));
const diff = (before: string, after: string, ...options: string[]) =>
  meshproof(['diff', file(before), file(after), ...options]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meshproof-diff-'));
  await write('good', passingReport);
  await write('bad', failingReport);
  await write('later', { ...passingReport, schemaVersion: 2 });
  await write('foreign', { name: 'x' });
  await writeFile(file('broken'), '{');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('meshproof diff', () => {
  test('regressions: exit 1, and what regressed', async () => {
    const { code, stdout, stderr } = await diff('good', 'bad');
    expect(stdout).toMatch(/^Regressed: 1 regressed, /m);
    expect(stdout).toContain('routing/path/user-service');
    expect(stderr).toBe('');
    expect(code).toBe(1);
  });

  test('fixes, or nothing: exit 0', async () => {
    const [fixed, same] = await Promise.all([diff('bad', 'good'), diff('bad', 'bad')]);
    expect(fixed.stdout).toMatch(/^No regression: .*1 fixed/m);
    expect([fixed.code, same.code]).toEqual([0, 0]);
  });

  test('--strict: what was lost counts', async () => {
    const { code } = await diff('bad', 'good', '--strict');
    expect(code).toBe(1);
  });

  test('--json is only JSON', async () => {
    const { code, stdout } = await diff('good', 'bad', '--json');
    const found = JSON.parse(stdout) as ReportDiff;
    expect(found.regressed).toBe(true);
    expect(found.outcomes.filter(({ kind }) => kind === 'regression').map(({ name }) => name)).toEqual([
      'routing/path/user-service',
    ]);
    expect(code).toBe(1);
  });

  test('--markdown is a job summary', async () => {
    const { code, stdout } = await diff('good', 'bad', '--markdown');
    expect(stdout).toMatch(/^## ❌ Regressed/);
    expect(code).toBe(1);
  });

  test.each([
    ['no-such', 'cannot be read'],
    ['broken', 'is not JSON'],
    ['foreign', 'is not a report'],
    ['later', 'has schemaVersion 2; this meshproof reads 1'],
  ])('a report that is %s: exit 2, one clear message', async (name, says) => {
    const { code, stdout, stderr } = await diff('good', name);
    expect(stderr).toContain(file(name));
    expect(stderr).toContain(says);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});
