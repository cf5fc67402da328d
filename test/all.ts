/**
 * What `npm test` runs: the static checks, the unit tests, then the tests that bring real meshes up; with `--nightly`
 * those as well that take longer than a push should wait. The last line is `N passed, N failed, N skipped`, in which
 * each static check counts as one.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = join(import.meta.dirname, '..');
const BIN = join(ROOT, 'node_modules', '.bin');
const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}` };

const HELP = `Usage: npm test [-- --only checks|unit|mesh|nightly] [--nightly] [-- vitest's own filters]

Examples:
  npm test                               everything but what is the night's
  npm test -- --nightly                  that as well
  npm test -- --only checks              lint, types, formatting, unused exports, directions of imports
  npm test -- --only unit test/report    unit tests of one folder
  npm test -- --only mesh                the tests that need root on Linux
`;

const CHECKS: readonly (readonly [title: string, command: string, ...args: string[]])[] = [
  ['types (tsc)', 'tsc', '--noEmit', '-p', '.'],
  [
    'lint (eslint)',
    'eslint',
    '--max-warnings',
    '0',
    '--cache',
    '--cache-location',
    'node_modules/.cache/eslint',
    '.',
  ],
  ['formatting (prettier)', 'prettier', '--check', '--log-level', 'warn', '.'],
  ['unused code (knip)', 'knip'],
  [
    'directions of imports (dependency-cruiser)',
    'depcruise',
    '--config',
    '.dependency-cruiser.cjs',
    'src',
    'services',
    'suites',
    'test',
  ],
];

interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

const totals: Totals = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
let stopping = false as boolean;
const running = new Set<ReturnType<typeof spawn>>();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stopping = true;
    for (const child of running) child.kill(signal);
  });
}

function run(
  command: string,
  args: readonly string[],
  capture: boolean,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env,
      stdio: ['ignore', capture ? 'pipe' : 'inherit', capture ? 'pipe' : 'inherit'],
    });
    running.add(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (data: Buffer) => (output += data.toString()));
    child.once('error', (error) => resolve({ code: 127, output: String(error) }));
    child.once('close', (code) => {
      running.delete(child);
      resolve({ code: code ?? 1, output });
    });
  });
}

async function check([title, command, ...args]: (typeof CHECKS)[number]): Promise<void> {
  const started = performance.now();
  const { code, output } = await run(join(BIN, command), args, true);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${code === 0 ? 'ok  ' : 'FAIL'} ${title} ${seconds} s\n`);
  totals[code === 0 ? 'passed' : 'failed']++;
  if (code === 0) return;
  failures.push(title);
  process.stdout.write(`${output.trim()}\n`);
}

/** Two at a time: the machine the project is tested on has two cores. */
async function checks(): Promise<void> {
  const queue = [...CHECKS];
  const worker = async () => {
    for (let next = queue.shift(); next && !stopping; next = queue.shift()) await check(next);
  };
  await Promise.all([worker(), worker()]);
}

/** What is read of vitest's JSON report. */
interface VitestResult {
  readonly numPassedTests?: number;
  readonly numFailedTests?: number;
  readonly numPendingTests?: number;
  readonly numTodoTests?: number;
  readonly testResults: readonly { readonly assertionResults: readonly Assertion[] }[];
}

interface Assertion {
  readonly fullName: string;
  readonly status: string;
  readonly failureMessages: readonly string[];
}

const isFailed = ({ status }: Assertion): boolean => status === 'failed';

/** The beginning of a failure's message, indented, without vitest's own part of the stack. */
const shortened = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !/^\s+at (?:.*node_modules|new Promise)/.test(line))
    .slice(0, 12)
    .map((line) => `    ${line.slice(0, 300)}`)
    .join('\n');

async function vitest(projects: readonly string[], filters: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'meshproof-test-'));
  const file = join(folder, 'results.json');
  const args = [
    'run',
    ...projects.flatMap((project) => ['--project', project]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    ...filters,
  ];
  const { code } = await run(join(BIN, 'vitest'), args, false);
  try {
    const result = JSON.parse(await readFile(file, 'utf8')) as VitestResult;
    totals.passed += result.numPassedTests ?? 0;
    totals.failed += result.numFailedTests ?? 0;
    totals.skipped += (result.numPendingTests ?? 0) + (result.numTodoTests ?? 0);
    // A file that cannot be loaded has no test that could fail.
    if (code !== 0 && (result.numFailedTests ?? 0) === 0) totals.failed++;
    // A log of CI may be cut to its end.
    const failed = result.testResults.flatMap((each) => each.assertionResults).filter(isFailed);
    failures.push(
      ...failed.map(({ fullName, failureMessages: [why = ''] }) => `${fullName}\n${shortened(why)}`),
    );
    if (code !== 0 && failed.length === 0) failures.push(`${projects.join(', ')} tests`);
  } catch {
    totals.failed++;
    failures.push(`${projects.join(', ')} tests: vitest gave no result`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    nightly: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help === true) {
  process.stdout.write(HELP);
} else if (values.only !== undefined && !['checks', 'unit', 'mesh', 'nightly'].includes(values.only)) {
  process.stderr.write(`--only knows checks, unit, mesh and nightly, not "${values.only}"\n\n${HELP}`);
  process.exitCode = 2;
} else {
  const wanted = (part: string) => (values.only === undefined || values.only === part) && !stopping;
  if (wanted('checks') && positionals.length === 0) await checks();
  if (wanted('unit')) await vitest(['unit'], positionals);
  const atNight = ['nightly', 'nightly-alone'];
  const night = values.nightly === true ? atNight : [];
  if (wanted('mesh')) await vitest(['mesh', 'mesh-alone', ...night], positionals);
  if (values.only === 'nightly') await vitest(atNight, positionals);
  for (const failure of failures) process.stdout.write(`failed: ${failure}\n`);
  process.stdout.write(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`);
  process.exitCode = stopping ? 130 : totals.failed > 0 || totals.passed === 0 ? 1 : 0;
}
