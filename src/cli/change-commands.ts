import { type Command, Option } from 'commander';
import type { TrafficOptions } from './traffic.ts';
import type { UpgradeOptions } from './upgrade.ts';
import { STRATEGIES } from './upgrade-sides.ts';
import type { Means } from './means.ts';

/** Adds the commands that change a mesh under live traffic. */
export function addChangeCommands(program: Command, { output, execute }: Means): void {
  program
    .command('traffic')
    .description('change a mesh under live RPCs and streams, and say what became of every one of them')
    .addOption(
      new Option('--env <environment>', 'where; never in a cluster of yours').choices([
        'local',
        'kind',
      ] as const),
    )
    .option('--change <name...>', 'changes to make, one after the other')
    .option('--list', 'list the changes')
    .option('--prove', 'do each change wrongly, by its sabotage, and demand that it is noticed')
    .option('--rate <number>', 'unary RPCs a second, 1 to 2000; default 100')
    .option('--streams <number>', 'long streams held open, 0 to 2000; default 40')
    .option('--seed <number>', 'fixes the jitter of the starts; default 1')
    .option('--out <folder>', 'where traffic.json goes', 'results')
    .option('--reuse', 'use the mesh --name that is up already, and leave it running')
    .option('--name <name>', 'name of the environment')
    .option('--json', 'print the result as JSON on standard output')
    .addHelpText(
      'after',
      `
Examples:
  $ meshproof traffic --list
  $ meshproof traffic --change gateway-rollout --rate 200 --streams 200
  $ meshproof traffic --change route-push certificate-rotation --reuse --name debug
  $ meshproof traffic --change gateway-rollout --prove

Exit codes: 0 as expected, 1 not as expected, 2 could not run.`,
    )
    .action((options: TrafficOptions) =>
      execute(async (controller) => (await import('./traffic.ts')).traffic(options, output, controller)),
    );

  program
    .command('upgrade')
    .description('suites, an upgrade under live traffic, suites, and the way back')
    .addOption(
      new Option('--env <environment>', 'where; never in a cluster of yours').choices([
        'local',
        'kind',
      ] as const),
    )
    .option('--from <version...>', 'what is there before: istio=VERSION, hub, tag, or the stock envoy', [])
    .option('--to <version...>', 'what is there after, in the same way', [])
    .option('--set <assignment...>', 'settings of istioctl install that only the Istio after it has')
    .addOption(
      new Option(
        '--strategy <strategy>',
        'in-place: over what is there; canary: a second control plane beside the first; gateway-first: the proxies before the control plane',
      )
        .choices(STRATEGIES)
        .default('in-place' as const),
    )
    .option(
      '--only <pattern...>',
      "cases to run before and after: a row (S4) or a path pattern ('routing/**')",
    )
    .option('--no-rollback', 'leave out the way back')
    .option('--rate <number>', 'unary RPCs a second, 1 to 2000; default 200')
    .option('--streams <number>', 'long streams held open, 0 to 2000; default 200')
    .option('--out <folder>', 'where report.json and report.html go', 'results')
    .option('--name <name>', 'name of the environment')
    .option('--json', 'print the report as JSON on standard output')
    .addHelpText(
      'after',
      `
Examples:
  $ meshproof upgrade --env kind --from istio=1.30.2 --to istio=1.31.0
  $ meshproof upgrade --env kind --from istio=1.30.2 --to istio=1.31.0 --strategy canary
  $ meshproof upgrade --strategy canary --set meshConfig.enableTracing=true
  $ meshproof upgrade --from envoy=1.36.4 --to envoy=1.40.0 --only S4 --only S5 --out results/upgrade

Exit codes: 0 nothing was lost, 1 something was, 2 could not run.`,
    )
    .action((options: UpgradeOptions) =>
      execute(async (controller) => (await import('./upgrade.ts')).upgrade(options, output, controller)),
    );
}
