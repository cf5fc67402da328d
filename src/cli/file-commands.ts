import { type Command, Option } from 'commander';
import { ISTIO_RELEASE } from '../toolchain/pins.ts';
import type { DiffOptions } from './diff.ts';
import type { HistoryOptions } from './history.ts';
import type { LintOptions } from './lint.ts';
import type { Means } from './means.ts';

/** Adds the commands that only read files. */
export function addFileCommands(program: Command, { output, execute, version }: Means): void {
  program
    .command('diff')
    .description('compare two reports: regressions, fixes, what changed otherwise, and what was tested with')
    .argument('<before>', 'report.json of a run, of whatever environment and versions')
    .argument('<after>', 'report.json of a later one')
    .option('--strict', 'cases that worked before and did not run after are regressions, too')
    .addOption(new Option('--markdown', 'print it as Markdown, for a job summary').conflicts('json'))
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ meshproof diff last-night/report.json results/report.json
  $ meshproof diff istio-1.30/report.json istio-1.31/report.json --markdown >> "$GITHUB_STEP_SUMMARY"

Exit codes: 0 no regression, 1 regressions, 2 a report could not be read.`,
    )
    .action((before: string, after: string, options: DiffOptions) =>
      execute(async () => (await import('./diff.ts')).diff([before, after], options, output)),
    );

  program
    .command('history')
    .description('what a file of "run --history" tells: cases that are flaky, and cases that grow slower')
    .argument('<file>', 'file that "meshproof run --history" adds to')
    .option('--all', 'the steady cases as well')
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ meshproof run --history nightly.jsonl --baseline last-night/report.json
  $ meshproof history nightly.jsonl`,
    )
    .action((file: string, options: HistoryOptions) =>
      execute(async () => (await import('./history.ts')).history(file, options, output)),
    );

  program
    .command('lint')
    .description('say what breaks gRPC in Istio configuration, without a cluster')
    .argument('[path...]', 'YAML or JSON files, folders, kustomizations, or - for standard input')
    .option('--proto <path...>', '.proto files or folders: which methods stream is known by them')
    .option('--istio-version <version>', 'version of Istio that the configuration is for', ISTIO_RELEASE)
    .option('-n, --namespace <namespace>', 'namespace of objects that name none', 'default')
    .option('--disable <rule...>', 'rules to leave out')
    .option('--no-istioctl', 'do not run istioctl analyze as well')
    .option('--rules', 'list the rules')
    .option('--json', 'print the findings as JSON')
    .option('--sarif', 'print the findings as SARIF 2.1.0, for code hosting')
    .addHelpText(
      'after',
      `
Examples:
  $ meshproof lint manifests/
  $ meshproof lint overlays/prod --proto proto/
  $ helm template . | meshproof lint -
  $ meshproof lint manifests/ --sarif > lint.sarif

Exit codes: 0 no findings, 1 errors or warnings, 2 something could not be read.`,
    )
    .action((paths: string[], options: LintOptions) =>
      execute(async ({ signal }) =>
        (await import('./lint.ts')).lintPaths(paths, options, version, output, signal),
      ),
    );
}
