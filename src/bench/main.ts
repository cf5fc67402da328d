import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { execute } from '../cli/execute.ts';
import { printJson, processOutput } from '../cli/output.ts';
import { EXIT } from '../errors.ts';
import { exclusively } from '../exclusively.ts';
import { PROJECT_ROOT } from '../paths.ts';
import type { Bench } from './bench.ts';
import { bringUp } from './bring-up.ts';
import { dataplane } from './dataplane/dataplane.ts';
import { keepFigures } from './results.ts';
import { tap } from './tap.ts';

/** Every bench. Each writes one key of its own. */
const BENCHES: readonly Bench[] = [bringUp, tap, dataplane];

interface BenchOptions {
  readonly rounds: number;
  readonly out: string;
  readonly json?: boolean;
}

const output = processOutput();
const program = new Command('npm run bench --')
  .description('Measures, on this machine and in one run, what is compared with what.')
  .showHelpAfterError('(add --help for the options and examples)')
  .exitOverride()
  .addHelpText(
    'after',
    `
Examples:
  $ npm run bench -- bring-up
  $ npm run bench -- tap
  $ npm run bench -- dataplane
  $ npm run --silent bench -- bring-up --rounds 5 --json --out /tmp/results.json

Figures of a machine that does something else as well say little: its load before the first round is kept beside them.`,
  );

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100)
    throw new InvalidArgumentError('It must be a whole number from 1 to 100.');
  return value;
}

async function run(bench: Bench, options: BenchOptions, controller: AbortController): Promise<number> {
  const waiting = (pid: string) => output.progress.note(`waiting for process ${pid}, which runs a bench`);
  return exclusively('bench', waiting, controller.signal, async () => {
    const file = resolve(options.out);
    const folder = dirname(file);
    await mkdir(folder, { recursive: true });
    const figures = await bench.measure({ output, controller, rounds: options.rounds, folder });
    await keepFigures(file, bench.key, figures);
    if (options.json === true) printJson(output, { [bench.key]: figures });
    output.err.write(`${bench.name}: ${bench.conclude(figures)}\n`);
    return EXIT.conformant;
  });
}

for (const bench of BENCHES) {
  program
    .command(bench.name)
    .description(bench.description)
    .option('--rounds <number>', 'how often each side is measured', positive, bench.rounds)
    .option(
      '--out <file>',
      'results file, of which it writes its own key',
      join(PROJECT_ROOT, 'bench/results.json'),
    )
    .option('--json', 'print its figures as JSON on standard output')
    .action((options: BenchOptions) => execute(output, (controller) => run(bench, options, controller)));
}

try {
  await program.parseAsync();
} catch (error) {
  // Commander has said what is wrong with the command line; help ends here too.
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? EXIT.conformant : EXIT.couldNotRun;
}
