import { access, constants, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseKnownFailing } from '../../src/conformance/known-failing.ts';
import { exclusively } from '../../src/exclusively.ts';
import { meshproofHome } from '../../src/paths.ts';
import { prepare } from '../../src/toolchain/cache.ts';
import { goArtefacts } from '../../src/toolchain/go.ts';
import { findCommand } from '../../src/toolchain/system.ts';
import { suites } from '../../suites/index.ts';
import { ROOT, meshproof, startCommand } from '../cli/meshproof.ts';
import { NEVER, collectingProgress } from '../toolchain/workplace.ts';

const workflowSchema = z.object({
  permissions: z.record(z.string(), z.string()),
  concurrency: z.object({ group: z.string() }),
  jobs: z.record(
    z.string(),
    z.object({
      'timeout-minutes': z.int(),
      steps: z.array(z.object({ uses: z.string().optional(), run: z.string().optional() })),
    }),
  ),
});

const FILES = (await readdir(join(ROOT, '.github', 'workflows'))).map((name) =>
  join('.github', 'workflows', name),
);
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')));
const hasGo = (await findCommand('go')) !== undefined;

const read = async (file: string) => workflowSchema.parse(parse(await readFile(join(ROOT, file), 'utf8')));

/** What a workflow may call beside what this project has: all of it is on GitHub's runners. */
const RUNNERS_OWN = ['cat', 'gh'];

/** The commands of a step, each as words; quoting is undone, redirections are left out. */
function commandsOf(run: string): string[][] {
  return run
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => line.replace(/^\w+=\$\((.*)\)$/, '$1').replace(/^if \[.*?\]; then (.*); fi$/, '$1'))
    .map((line) => line.replace(/ >>? .*$/, ''))
    .map((line) => [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? ''));
}

/** The arguments of meshproof, by whichever of its scripts it is called. */
function meshproofArguments(words: readonly string[]): string[] {
  const rest = words.filter((word) => word !== '--silent').slice(2);
  const script = scripts[words.filter((word) => word !== '--silent')[1 + 1] ?? ''] ?? '';
  const [, , ...own] = script.split(' ');
  return [...own, ...rest.slice(1).filter((word) => word !== '--')];
}

describe.each(FILES)('%s', (file) => {
  test('has a limit of time, minimal permissions, and one run at a time', async () => {
    const { jobs, permissions, concurrency } = await read(file);
    for (const job of Object.values(jobs)) expect(job['timeout-minutes']).toBeLessThanOrEqual(90);
    expect(Object.values(permissions).every((permission) => permission === 'read')).toBe(true);
    expect(concurrency.group).toContain('github.ref');
  });

  test('takes actions by commit, with the release beside it', async () => {
    const lines = (await readFile(join(ROOT, file), 'utf8')).split('\n');
    for (const line of lines.filter((each) => each.includes('uses:')))
      expect(line).toMatch(/uses: actions\/[a-z-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('calls what this project has, with options that it takes', { timeout: 120_000 }, async () => {
    const { jobs } = await read(file);
    const runs = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    expect(runs.length).toBeGreaterThan(0);
    for (const words of runs.flatMap(commandsOf)) {
      const [program = ''] = words;
      if (RUNNERS_OWN.includes(program)) continue;
      if (program.startsWith('.ci/')) {
        await access(join(ROOT, program), constants.X_OK);
        continue;
      }
      expect(words.slice(0, 2)).toEqual(['npm', 'run']);
      const args = meshproofArguments(words);
      expect(args.length, words.join(' ')).toBeGreaterThan(0);
      // Stops before anything is started: at a case, or a report, that is not there.
      const { code, stderr } = await meshproof([
        ...args,
        ...(args[0] === 'run' ? ['--only', 'no/such'] : args[0] === 'prove' ? ['no/such'] : []),
      ]);
      expect(stderr).toMatch(/no case matches "no\/such"|cannot be read|needs Docker|no Docker/i);
      expect(code).toBe(2);
    }
  });
});

test('.github/known-failing.yaml is a sound list', async () => {
  const text = await readFile(join(ROOT, '.github', 'known-failing.yaml'), 'utf8');
  parseKnownFailing(
    text,
    'it',
    suites.flatMap(({ cases }) => cases),
  );
});

describe.skipIf(!hasGo)('actionlint (needs Go, by which it is built)', () => {
  let actionlint: string;

  beforeAll(async () => {
    const options = { home: meshproofHome(), progress: collectingProgress(), signal: NEVER };
    const artefact = (await goArtefacts(options)).of('actionlint');
    const prepared = await exclusively(
      options.home,
      () => undefined,
      NEVER,
      () => prepare([artefact], options),
    );
    actionlint = join(prepared.folderOf(artefact), 'actionlint');
  }, 10 * 60_000);

  // shellcheck and pyflakes are used where they are installed: what is found must not depend on that.
  const lint = (...files: string[]) =>
    startCommand(actionlint, ['-shellcheck=', '-pyflakes=', ...files]).finished;

  test('finds nothing in our workflows', async () => {
    expect(FILES.length).toBeGreaterThanOrEqual(2);
    const { code, stdout } = await lint(...FILES);
    expect(stdout).toBe('');
    expect(code).toBe(0);
  });

  test('would find something', async () => {
    const { code, stdout } = await lint('test/workflows/broken.yml');
    expect(stdout).toContain('property "version" is not defined');
    expect(code).toBe(1);
  });
});
