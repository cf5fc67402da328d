import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkFolder, unpackBundle } from '../../../src/report/bundle/open.ts';
import { packBundle } from '../../../src/report/bundle/pack.ts';
import { bundleOfFailures } from '../../../src/report/bundle/of-failures.ts';
import type { Report } from '../../../src/report/schema.ts';
import { readReport, writeReports } from '../../../src/report/write.ts';
import { failingReport, passingReport } from '../samples.ts';

const SECRET = 'hunter2hunter2';
const ALL = { atMost: Infinity };

let folder = '';
let results = '';
let report: Report;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meshproof-bundle-'));
  results = join(folder, 'results');
  const evidence = failingReport.cases.map((each) =>
    each.outcome === 'failed' ? { ...each, evidence: `evidence/${each.name}` } : each,
  );
  report = { ...failingReport, cases: evidence };
  await writeReports(report, results);
  for (const { evidence: of } of report.cases) {
    if (of === undefined) continue;
    await put(
      `${of}/client.json`,
      JSON.stringify({ metadata: { authorization: SECRET }, status: 'UNAVAILABLE' }),
    );
    await put(`${of}/access-log.jsonl`, `{"cookie":"${SECRET}","flags":"UPE"}\n{"flags":"UF"}\n`);
    await put(`${of}/pod-logs/a.log`, `authorization: ${SECRET}\nkept\n`);
  }
  await put('logs/kubelet.log', 'a line\n');
  await put('records/some.json', SECRET);
});
afterEach(() => rm(folder, { recursive: true }));

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(results, path)), { recursive: true });
  await writeFile(join(results, path), text);
}

async function textsBelow(where: string): Promise<string> {
  const entries = await readdir(where, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return (await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')))).join(
    '\n',
  );
}

const failedCount = () => report.cases.filter(({ evidence }) => evidence !== undefined).length;

test.each(['bug.tgz', 'bug'])(
  'what is packed as %s can be read without what it was made of',
  async (name) => {
    const to = join(folder, name);
    const made = await packBundle(report, results, to, ALL, '1.2.3');
    expect(made.leftOut).toEqual([]);
    await rm(results, { recursive: true });
    const opened = name === 'bug' ? to : join(folder, 'opened');
    const list = name === 'bug' ? await checkFolder(to) : await unpackBundle(to, opened);
    expect(list).toMatchObject({ meshproof: '1.2.3', bundleVersion: 1 });
    expect(await readReport(join(opened, 'report.json'))).toEqual(report);
    expect(await readFile(join(opened, 'report.html'), 'utf8')).toContain('</html>');
    const text = await textsBelow(opened);
    expect(text).not.toContain(SECRET);
    for (const kept of ['UNAVAILABLE', 'UPE', 'UF', 'kept', 'a line']) expect(text).toContain(kept);
  },
);

test('of many failures the first are packed, and what is left out is said', async () => {
  expect(failedCount()).toBeGreaterThan(1);
  const { leftOut } = await packBundle(report, results, join(folder, 'bug'), { atMost: 1 }, '1');
  expect(leftOut).toEqual([
    `the evidence of ${failedCount() - 1} further cases that failed: it is where they ran`,
  ]);
  const [kept, ...others] = report.cases.filter(({ evidence }) => evidence !== undefined);
  await expect(readdir(join(folder, 'bug', kept?.evidence ?? ''))).resolves.toContain('client.json');
  for (const { evidence = '' } of others)
    await expect(readdir(join(folder, 'bug', evidence))).rejects.toThrow();
});

test('a run with failures leaves a bundle, and one without takes the old one away', async () => {
  const file = await bundleOfFailures(report, results, '1');
  expect(file).toBe(join(results, 'bundle.tgz'));
  await unpackBundle(file ?? '', join(folder, 'opened'));
  expect(await bundleOfFailures(passingReport, results, '1')).toBeUndefined();
  expect(await readdir(results)).not.toContain('bundle.tgz');
});

test('a bundle that is cut off, changed or something else is refused, and leaves nothing', async () => {
  const file = join(folder, 'bug.tgz');
  await packBundle(report, results, file, ALL, '1');
  const { length } = await readFile(file);
  await truncate(file, Math.floor(length / 2));
  await expect(unpackBundle(file, join(folder, 'opened'))).rejects.toThrow(/cannot be opened|is not whole/);
  await writeFile(file, 'something else');
  await expect(unpackBundle(file, join(folder, 'opened'))).rejects.toThrow('cannot be opened');
  await packBundle(report, results, join(folder, 'bug'), ALL, '1');
  await writeFile(join(folder, 'bug', 'logs/kubelet.log'), 'another line');
  await expect(checkFolder(join(folder, 'bug'))).rejects.toThrow(
    'logs/kubelet.log is not what its list says',
  );
  expect((await readdir(folder)).toSorted()).toEqual(['bug', 'bug.tgz', 'results']);
});

test.each(['../outside', '/outside', 'a/../../outside'])('no archive writes to %s', async (path) => {
  const file = join(folder, 'bad.tgz');
  const archive = pack();
  const written = pipeline(archive, createGzip(), createWriteStream(file));
  const list = { bundleVersion: 1, meshproof: '1', madeAt: new Date().toISOString(), leftOut: [], files: [] };
  const entry = { path, bytes: 1, sha256: '0'.repeat(64) };
  archive.entry({ name: 'bundle.json' }, JSON.stringify({ ...list, files: [entry] }));
  archive.entry({ name: path }, 'x');
  archive.finalize();
  await written;
  await expect(unpackBundle(file, join(folder, 'opened'))).rejects.toThrow(
    'is no bundle that this meshproof reads',
  );
  expect(await readdir(folder)).not.toContain('outside');
});

test('a folder that is no bundle is not replaced', async () => {
  const file = join(folder, 'bug.tgz');
  await packBundle(report, results, file, ALL, '1');
  await expect(unpackBundle(file, results)).rejects.toThrow('is there already, and is no bundle');
  await unpackBundle(file, join(folder, 'opened'));
  await unpackBundle(file, join(folder, 'opened'));
});
