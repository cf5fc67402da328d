import { Command, CommanderError, Option } from 'commander';
import { EXIT } from '../errors.ts';
import { ISTIO_RELEASE } from '../toolchain/pins.ts';
import { addBugCommands } from './bug-commands.ts';
import { addClusterOptions, addClusterUseOptions } from './cluster-options.ts';
import { execute as run } from './execute.ts';
import { addMeshOptions } from './mesh-options.ts';
import type { DiffOptions } from './diff.ts';
import type { HistoryOptions } from './history.ts';
import type { DownOptions } from './down.ts';
import type { ImagesOptions } from './images.ts';
import type { LintOptions } from './lint.ts';
import type { LogsOptions } from './logs.ts';
import { explain, processOutput } from './output.ts';
import { ownVersion } from './own-version.ts';
import type { ProveOptions } from './prove.ts';
import type { RunOptions } from './run.ts';
import type { StatusOptions } from './status.ts';
import type { TrafficOptions } from './traffic.ts';
import type { UpgradeOptions } from './upgrade.ts';
import type { UpOptions } from './up.ts';

const output = processOutput();
const version = await ownVersion();

const program = new Command('meshproof')
  .description('Proves that gRPC works through an Istio ingress gateway, exactly as it is configured.')
  .version(version)
  .showHelpAfterError('(add --help for the options and examples)')
  .exitOverride()
  .configureOutput({ writeOut: (text) => output.out.write(text), writeErr: (text) => output.err.write(text) })
  .addHelpText(
    'after',
    `
Examples:
  $ npm run e2e                                 the main job: a mesh, every suite, a verdict
  $ npm run e2e -- --only S4 --out results/s4   one row of the seed
  $ meshproof up && meshproof exec -- kubectl get pods -A
  $ meshproof doctor                            what this machine lacks, and how to get it

Exit codes: 0 conformant, 1 not conformant, 2 could not run, 130 interrupted.`,
  );

const execute = (work: Parameters<typeof run>[1]) => run(output, work);

const name = () => new Option('--name <name>', 'name of the mesh').default('default');

program
  .command('run', { isDefault: false })
  .description('bring an environment up, run the suites, write a report, take everything down')
  .addOption(new Option('--env <environment>', 'where to run').choices(['local', 'kind', 'cluster'] as const))
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
  .option('--quick', 'of the cases that run alone, try each sabotage on one only')
  .option('--keep', 'leave the environment running afterwards')
  .option('--reuse', 'run on the mesh --name that is up already, and leave it running')
  .option('--name <name>', 'name of the environment')
  .option('--json', 'print the proof as JSON on standard output')
  .addHelpText(
    'after',
    '\nExamples:\n  $ meshproof prove\n  $ meshproof prove S4 --name debug --reuse\n  $ meshproof prove S4 --env cluster --kubeconfig team.yaml',
  )
  .action((patterns: string[], options: ProveOptions) =>
    execute(async (controller) => (await import('./prove.ts')).prove(patterns, options, output, controller)),
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

program
  .command('up')
  .description('start a mesh with the sample services and leave it running')
  .addOption(new Option('--env <environment>', 'where').choices(['local', 'kind', 'cluster'] as const))
  .addOption(name())
  .option('--json', 'print the environment as JSON')
  .addHelpText(
    'after',
    '\nExamples:\n  $ meshproof up\n  $ meshproof up --name a & meshproof up --name b\n  $ meshproof up --env cluster --kubeconfig team.yaml',
  )
  .action((options: UpOptions) =>
    execute(async (controller) => (await import('./up.ts')).up(options, output, controller)),
  );

program
  .command('status')
  .description("list the meshes of this machine, or what of meshproof's is in a cluster")
  .addOption(new Option('--env <environment>', 'where to look').choices(['local', 'cluster'] as const))
  .option('--json', 'print them as JSON')
  .addHelpText(
    'after',
    '\nExamples:\n  $ meshproof status\n  $ meshproof status --env cluster --kubeconfig team.yaml',
  )
  .action((options: StatusOptions) =>
    execute(async (controller) => (await import('./status.ts')).status(options, output, controller)),
  );

program
  .command('exec')
  .description("run a command inside a mesh's network, with its kubeconfig and tools")
  .addOption(name())
  .argument('<command...>', 'the command, after --')
  .addHelpText(
    'after',
    `
Examples:
  $ meshproof exec -- kubectl get pods -A
  $ meshproof exec -- sh -c 'grpcurl -cacert $MESHPROOF_CA -d "{\\"name\\":\\"World\\"}" -authority grpc.example.com $GATEWAY_IP:443 mypackage.Greeter/SayHello'

Inside, KUBECONFIG, MESHPROOF_CA (the test CA's certificate) and GATEWAY_IP are set.`,
  )
  .action((command: string[], options: { name: string }) =>
    execute(async () => (await import('./exec.ts')).exec(command, options)),
  );

program
  .command('logs')
  .description("print the logs of a pod of the mesh, or of one of the mesh's own components")
  .addOption(name())
  .argument('<pod>', "a pod, a Deployment's name, or a component such as kubelet or kube-apiserver")
  .option('-n, --namespace <namespace>', 'namespace of the pod', 'default')
  .option('-f, --follow', 'go on as lines are written')
  .addHelpText(
    'after',
    '\nExamples:\n  $ meshproof logs order-grpc-service\n  $ meshproof logs -n istio-system istio-ingressgateway\n  $ meshproof logs kubelet',
  )
  .action((pod: string, options: LogsOptions) =>
    execute(async () => (await import('./logs.ts')).logs(pod, options)),
  );

program
  .command('kubeconfig')
  .description("print the path of a mesh's kubeconfig (it works inside the mesh: see exec)")
  .addOption(name())
  .option('--json', 'print the file itself')
  .action((options: { name: string; json?: boolean }) =>
    execute(async () => (await import('./kubeconfig.ts')).kubeconfig(options, output)),
  );

addBugCommands(program, { output, execute, version });

const imagesCommand = program
  .command('images')
  .description('the images that are made out of package registries, for --images built');
const ofEnvironment = () =>
  new Option('--env <environment>', 'those of one environment; by default of both').choices([
    'local',
    'kind',
  ] as const);

imagesCommand
  .command('build')
  .description('make every image that is not in the cache yet, and print them; no image registry is asked')
  .addOption(ofEnvironment())
  .option('--json', 'print them as JSON on standard output')
  .addHelpText(
    'after',
    '\nExamples:\n  $ meshproof images build\n  $ meshproof images build --env kind --json > images.json',
  )
  .action((options: ImagesOptions) =>
    execute(async (controller) => (await import('./images.ts')).images(options, true, output, controller)),
  );

imagesCommand
  .command('list')
  .description('print the images that are needed, and which of them are in the cache')
  .addOption(ofEnvironment())
  .option('--json', 'print them as JSON on standard output')
  .addHelpText('after', '\nExample:\n  $ meshproof images list --env local')
  .action((options: ImagesOptions) =>
    execute(async (controller) => (await import('./images.ts')).images(options, false, output, controller)),
  );

program
  .command('down')
  .description('end a mesh and remove everything it made')
  .addOption(new Option('--env <environment>', 'where').choices(['local', 'kind', 'cluster'] as const))
  .addOption(name())
  .option('--all', 'every mesh of this machine, and what killed ones left behind')
  .option('--json', 'print what was removed as JSON')
  .addHelpText(
    'after',
    '\nExamples:\n  $ meshproof down\n  $ meshproof down --all\n  $ meshproof down --env cluster --kubeconfig team.yaml',
  )
  .action((options: DownOptions) =>
    execute(async (controller) => (await import('./down.ts')).down(options, output, controller)),
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
  .description('suites, an upgrade of the gateway under live traffic, suites, and the way back')
  .addOption(new Option('--env <environment>', 'where; local only, so far').choices(['local'] as const))
  .requiredOption('--from <version...>', 'what is there before: component=version, such as envoy=1.36.4')
  .requiredOption('--to <version...>', 'what is there after: component=version, such as envoy=1.40.0')
  .addOption(
    new Option('--strategy <strategy>', 'how pods are replaced')
      .choices(['in-place'] as const)
      .default('in-place'),
  )
  .option('--only <pattern...>', "cases to run before and after: a row (S4) or a path pattern ('routing/**')")
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
  $ meshproof upgrade --from envoy=1.36.4 --to envoy=1.40.0
  $ meshproof upgrade --from envoy=1.36.4 --to envoy=1.40.0 --only S4 --only S5 --out results/upgrade

Exit codes: 0 nothing was lost, 1 something was, 2 could not run.`,
  )
  .action((options: UpgradeOptions) =>
    execute(async (controller) => (await import('./upgrade.ts')).upgrade(options, output, controller)),
  );

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

program
  .command('doctor')
  .description('say what this machine has and lacks, with the command that fixes it')
  .option('--json', 'print it as JSON')
  .action((options: { json?: boolean }) =>
    execute(async () => (await import('./doctor.ts')).doctor(options, output)),
  );

program
  .command('run-inside', { hidden: true })
  .argument('<request>')
  .action((request: string) =>
    execute(async (controller) => (await import('./run-inside.ts')).runInside(request, output, controller)),
  );

program
  .command('traffic-inside', { hidden: true })
  .argument('<request>')
  .action((request: string) =>
    execute(async (controller) =>
      (await import('./traffic-inside.ts')).trafficInside(request, output, controller),
    ),
  );

program
  .command('reproduce-inside', { hidden: true })
  .argument('<request>')
  .action((request: string) =>
    execute(async (controller) =>
      (await import('./reproduce-inside.ts')).reproduceInside(request, output, controller),
    ),
  );

// Behind the options of their own, so that --help begins with those.
for (const command of program.commands) {
  if (['run', 'prove', 'reproduce', 'up', 'traffic'].includes(command.name())) addMeshOptions(command);
  if (['run', 'prove', 'reproduce', 'up'].includes(command.name())) addClusterUseOptions(command);
  if (['status', 'down'].includes(command.name())) addClusterOptions(command);
}

try {
  await program.parseAsync();
} catch (error) {
  // Help and version end here too, with exit code 0; everything else is the user's command line.
  process.exitCode =
    error instanceof CommanderError ? (error.exitCode === 0 ? 0 : EXIT.couldNotRun) : explain(error, output);
}
