import { type Command, Option } from 'commander';
import type { RunOptions } from './run.ts';
import type { ProveOptions } from './prove.ts';
import type { Means } from './means.ts';

/** Adds the commands that run the suites, and those that say what they are made of. */
export function addSuiteCommands(program: Command, { output, execute }: Means): void {
  program
    .command('run', { isDefault: false })
    .description('bring an environment up, run the suites, write a report, take everything down')
    .addOption(
      new Option('--env <environment>', 'where to run').choices(['local', 'kind', 'cluster'] as const),
    )
    .option('--only <pattern...>', "cases to run: a row (S4) or a path pattern ('routing/**')")
    .option('--config <file>', "a team's own configuration; by default meshproof.config.ts, if it is there")
    .option('--no-config', "this project's own suites, even where there is a configuration")
    .option('--out <folder>', 'where the report goes', 'results')
    .option('--keep', 'leave the environment running afterwards')
    .option('--reuse', 'run on the mesh --name that is up already, and leave it running')
    .option(
      '--name <name>',
      'name of the environment; by default one of its own, so that several runs may go on at once',
    )
    .option(
      '--patch <file...>',
      'kustomize patch or deletion applied after the manifests, to break something on purpose',
    )
    .option('--shuffle <seed>', 'run the cases in an order that follows from this number')
    .option('--stream-time <seconds>', 'how long the long-lived streams of S5 last (2; an hour is 3600)')
    .option('--tap', 'run every case through taps, and judge and keep the frames of both legs')
    .option(
      '--known-failing <file...>',
      'list of cases that are known to fail on some versions: they run, and must fail',
    )
    .option('--baseline <file>', 'report.json of an earlier run: what worked in it must work in this one')
    .option('--history <file>', 'add what became of the cases to this file; "meshproof history" reads it')
    .option('--json', 'print the report as JSON on standard output')
    .option('--dry-run', 'with --env cluster: show what would be applied, and apply nothing')
    .addHelpText(
      'after',
      `
Examples:
  $ meshproof run
  $ meshproof run --only S4 --only 'tls/**' --keep --name debug
  $ meshproof run --tap --only S11 --reuse --name debug
  $ meshproof run --only 'streaming/long/tls/**' --stream-time 3600
  $ meshproof run --shuffle 7
  $ meshproof run --patch broken-port.yaml --out results/broken
  $ meshproof run --config deploy/meshproof.config.ts
  $ meshproof run --env cluster --kubeconfig team.yaml --context staging --dry-run
  $ meshproof run --env cluster --kubeconfig team.yaml --gateway node-port --services-image registry.example.com/meshproof/services:1`,
    )
    .action((options: RunOptions) =>
      execute(async (controller) => {
        await (await import('./refuse-early.ts')).refuseEarly(options);
        return (await import('./run.ts')).run(options, output, controller);
      }),
    );

  program
    .command('prove')
    .description('break every case on purpose, by each of its sabotages, and demand that it turns red')
    .argument('[pattern...]', "cases to prove: a row (S4) or a path pattern ('routing/**')")
    .option('--config <file>', "a team's own configuration; by default meshproof.config.ts, if it is there")
    .option('--no-config', "this project's own suites, even where there is a configuration")
    .addOption(new Option('--env <environment>', 'where').choices(['local', 'kind', 'cluster'] as const))
    .option('--out <folder>', 'where proof.json goes', 'results')
    .option('--quick', 'try each sabotage on one case of each family (routing/path, routing/health, ...)')
    .option('--keep', 'leave the environment running afterwards')
    .option('--reuse', 'run on the mesh --name that is up already, and leave it running')
    .option('--name <name>', 'name of the environment')
    .option('--json', 'print the proof as JSON on standard output')
    .addHelpText(
      'after',
      '\nExamples:\n  $ meshproof prove\n  $ meshproof prove S4 --name debug --reuse\n  $ meshproof prove S4 --env cluster --kubeconfig team.yaml',
    )
    .action((patterns: string[], options: ProveOptions) =>
      execute(async (controller) =>
        (await import('./prove.ts')).prove(patterns, options, output, controller),
      ),
    );

  program
    .command('list')
    .description('list the cases with their rows, without running them')
    .option('--only <pattern...>', "a row (S4) or a path pattern ('routing/**')")
    .option('--config <file>', "a team's own configuration; by default meshproof.config.ts, if it is there")
    .option('--no-config', "this project's own suites, even where there is a configuration")
    .option('--json', 'print them as JSON')
    .action((options: { only?: string[]; config?: string | false; json?: boolean }) =>
      execute(async () => (await import('./list.ts')).list(options, output)),
    );

  program
    .command('init')
    .description(
      'write a commented meshproof.config.ts, with which a team proves its own ingress configuration',
    )
    .option('--force', 'replace one that is there')
    .addHelpText('after', '\nExamples:\n  $ meshproof init && meshproof list\n  $ meshproof init --force')
    .action((options: { force?: boolean }) =>
      execute(async () => (await import('./init.ts')).init(options, output)),
    );
}
