import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SetupError, UsageError } from '../../src/errors.ts';
import { readReport, writeReports } from '../../src/report/write.ts';
import { failingReport, passingReport } from './samples.ts';
import { parseStrictXml } from './strict-xml.ts';

const WRITER = fileURLToPath(new URL('./endless-writer.ts', import.meta.url));

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meshproof-report-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** That all three reports, as the endless writer writes them, are there from their first byte to their last. */
async function expectWholeReports(): Promise<void> {
  expect((await readReport(join(folder, 'report.json'))).notes[1]).toHaveLength(400_000);
  expect(await readFile(join(folder, 'report.html'), 'utf8')).toMatch(/<\/html>\n$/);
  expect(await readFile(join(folder, 'junit.xml'), 'utf8')).toMatch(/<\/testsuites>\n$/);
}

describe('writeReports', () => {
  it('makes the folder and writes four reports, and nothing else', async () => {
    const out = join(folder, 'a', 'b');
    const files = await writeReports(failingReport, out);
    expect((await readdir(out)).sort()).toEqual(['junit.xml', 'report.html', 'report.json', 'report.md']);
    expect(await readReport(files.json)).toEqual(failingReport);
    expect(parseStrictXml(await readFile(files.junit, 'utf8')).name).toBe('testsuites');
    expect(await readFile(files.html, 'utf8')).toMatch(/^<!doctype html>/);
  });

  it('replaces older reports', async () => {
    await writeReports(failingReport, folder);
    const { json } = await writeReports(passingReport, folder);
    expect((await readReport(json)).verdict).toBe('conformant');
  });

  it(
    'shows the old report or the new one while it writes and after it is killed, never a part of one',
    {
      timeout: 120_000,
    },
    async () => {
      for (let kill = 0; kill < 5; kill += 1) {
        const writer = spawn(process.execPath, [WRITER, folder], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        const ended = once(writer, 'exit');
        try {
          await once(writer.stdout, 'data');
          for (let read = 0; read < 40 + kill; read += 1) await expectWholeReports();
        } finally {
          writer.kill('SIGKILL');
          await ended;
        }
        await expectWholeReports();
      }
    },
  );

  it('sweeps what a killed writer left, but not what another one is writing', async () => {
    const abandoned = join(folder, '.report.json.0aa0.partial');
    await writeFile(abandoned, '{');
    await utimes(abandoned, 1, 1);
    await writeFile(join(folder, '.junit.xml.1bb1.partial'), '<');
    await writeReports(passingReport, folder);
    const left = (await readdir(folder)).filter((name) => name.startsWith('.'));
    expect(left).toEqual(['.junit.xml.1bb1.partial']);
  });

  it('says which folder cannot be written and what to do', async () => {
    const file = join(folder, 'occupied');
    await writeFile(file, '');
    const refused = writeReports(passingReport, join(file, 'out'));
    await expect(refused).rejects.toThrow(SetupError);
    await expect(refused).rejects.toThrow(`cannot be written into ${join(file, 'out')}`);
    await expect(refused).rejects.toMatchObject({ hint: expect.stringContaining('--out') as unknown });
  });

  it('leaves nothing behind when a report cannot be put in its place', async () => {
    // A folder of that name is in the way of the last rename.
    const { json } = await writeReports(passingReport, folder);
    await rm(json);
    await writeReports(passingReport, json);
    await expect(writeReports(passingReport, folder)).rejects.toThrow(SetupError);
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('refuses to write what it could not read back', async () => {
    await expect(writeReports({ ...passingReport, verdict: 'not-conformant' }, folder)).rejects.toThrow(
      'verdict',
    );
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('readReport', () => {
  const reading = async (content: string) => {
    const file = join(folder, 'report.json');
    await writeFile(file, content);
    return readReport(file);
  };

  it.each([
    ['no JSON', '{"schemaVersion": 1,', 'is not JSON'],
    ['a later version', '{"schemaVersion": 2}', 'has schemaVersion 2; this meshproof reads 1'],
    ['no report', '[]', 'is not a report'],
  ])('says so for %s', async (_what, content, message) => {
    await expect(reading(content)).rejects.toThrow(UsageError);
    await expect(reading(content)).rejects.toThrow(message);
  });

  it('names the path of everything that is wrong', async () => {
    const cases = failingReport.cases.map((one, index) => (index === 3 ? { ...one, outcome: 'flaky' } : one));
    const broken = JSON.stringify({ ...failingReport, planned: -1, cases });
    await expect(reading(broken)).rejects.toThrow(/planned: .*\n.*cases\[3\]\.outcome: /);
  });

  it('says that a file is not there', async () => {
    await expect(readReport(join(folder, 'none.json'))).rejects.toThrow(UsageError);
  });
});
