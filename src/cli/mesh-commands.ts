import { type Command, Option } from 'commander';
import type { UpOptions } from './up.ts';
import type { StatusOptions } from './status.ts';
import type { LogsOptions } from './logs.ts';
import type { DownOptions } from './down.ts';
import type { ImagesOptions } from './images.ts';
import type { Means } from './means.ts';

const name = () => new Option('--name <name>', 'name of the mesh').default('default');

/** Adds the commands for meshes that are left running, and for what they are made of. */
export function addMeshCommands(program: Command, { output, execute }: Means): void {
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
    .command('doctor')
    .description('say what this machine has and lacks, with the command that fixes it')
    .option('--json', 'print it as JSON')
    .action((options: { json?: boolean }) =>
      execute(async () => (await import('./doctor.ts')).doctor(options, output)),
    );
}
