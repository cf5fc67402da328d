import { type Command, Option } from 'commander';
import type { BundleOptions } from './bundle.ts';
import type { DiagnoseOptions } from './diagnose.ts';
import type { Means } from './means.ts';
import type { ReportOptions } from './report.ts';
import type { ReproduceOptions } from './reproduce.ts';

/** Adds the commands for somebody who has a failure at hand, or tells somebody else of one. */
export function addBugCommands(program: Command, { output, execute, version }: Means): void {
  program
    .command('reproduce')
    .description('set up a failure that happened to somebody, show and explain it, and mend it')
    .argument('[scenario]', 'id of the scenario, as --list has it')
    .option('--list', 'list the scenarios: title, symptom and where it was reported')
    .option('--fix', "apply the diagnosis's patch, and show whether the RPC then works")
    .addOption(new Option('--env <environment>', 'where').choices(['local', 'kind', 'cluster'] as const))
    .option('--reuse', 'use the mesh --name that is up already, and leave it as it was')
    .option('--name <name>', 'name of the environment')
    .option('--keep', 'leave the environment running, with the failure in it')
    .option('--out <folder>', 'where report and evidence go; results/reproduce/SCENARIO by default')
    .option('--json', 'print the list, or what was found, as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ meshproof reproduce --list
  $ meshproof reproduce port-undeclared --fix
  $ meshproof reproduce secret-missing --reuse --name debug --keep
  $ meshproof reproduce alpn-without-h2 --env kind --json > found.json

Exit codes: 0 the failure showed itself as foretold, and --fix helped; 1 it did not; 2 it could not be set up.`,
    )
    .action((scenario: string | undefined, options: ReproduceOptions) =>
      execute(async (controller) =>
        (await import('./reproduce.ts')).reproduce(scenario, options, output, controller),
      ),
    );

  program
    .command('bundle')
    .description('pack the results of a run into one file for somebody else, without keys and tokens')
    .argument('[folder]', 'where the run wrote its report', 'results')
    .option(
      '--only <pattern...>',
      "evidence of these cases alone: a row (S4) or a path pattern ('routing/**')",
    )
    .option('--out <file>', 'a .tgz, or a folder that is not there yet; by default bundle.tgz in the folder')
    .option('--json', 'print what was packed as JSON')
    .addHelpText(
      'after',
      "\nExamples:\n  $ meshproof bundle\n  $ meshproof bundle results --only 'routing/**' --out bug-1234.tgz",
    )
    .action((folder: string, options: BundleOptions) =>
      execute(async () => (await import('./bundle.ts')).bundle(folder, options, version, output)),
    );

  program
    .command('report')
    .description("show what somebody else's run found, and make its pages anew; no cluster is needed")
    .argument('<bundle>', 'a bundle, or the folder of a run')
    .option('--out <folder>', 'where an archive is unpacked; by default beside it, without its .tgz')
    .option('--json', 'print the report as JSON on standard output')
    .addHelpText(
      'after',
      `
Examples:
  $ meshproof report bug-1234.tgz
  $ meshproof report results

Exit codes: those of the run: 0 conformant, 1 not conformant, 2 could not run, or could not be read.`,
    )
    .action((path: string, options: ReportOptions) =>
      execute(async () => (await import('./report.ts')).report(path, options, output)),
    );

  program
    .command('diagnose')
    .description('say why gRPC does not work at an address of your own; changes nothing')
    .requiredOption('--address <host:port>', 'where clients dial')
    .option('--authority <name>', "name that clients call, and SNI; the address's host by default")
    .option(
      '--method <package.Service/Method>',
      'what to call, with an empty message',
      'grpc.health.v1.Health/Check',
    )
    .option('--header <field...>', "header field that a route matches on: 'x-tenant: a'")
    .option('--plaintext', 'its clients speak plaintext; so they do on port 80 and 8080')
    .option('--cacert <file>', 'authority that its clients trust (PEM); the public ones by default')
    .option('--origin <origin>', 'where pages that call it by gRPC-Web come from: https://app.example.com')
    .option('--kubeconfig <file>', 'its cluster: names the object and the field; never taken by itself')
    .option('--context <name>', "context of the kubeconfig; the file's current one by default")
    .option('--json', 'print what was seen and what explains it as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ meshproof diagnose --address grpc.example.com:443
  $ meshproof diagnose --address 10.0.0.7:443 --authority grpc.example.com --method shop.v1.Orders/Get --kubeconfig team.yaml
  $ meshproof diagnose --address 10.0.0.7:80 --authority grpc.example.com --origin https://app.example.com --json

Exit codes: 0 nothing is amiss, 1 something is, 2 it could not be looked at.`,
    )
    .action((options: DiagnoseOptions) =>
      execute(async (controller) => (await import('./diagnose.ts')).diagnose(options, output, controller)),
    );
}
