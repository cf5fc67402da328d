import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { ComponentDiedError } from '../../errors.ts';
import { type Progress, type StepTiming, step } from '../../progress.ts';
import { TIMEOUTS } from '../../timeouts.ts';
import { run } from '../../toolchain/commands.ts';
import type { KindToolchain } from '../../toolchain/toolchain.ts';
import { done, notYet, waitFor } from '../../waiting.ts';
import type { Capability, Environment } from '../environment.ts';
import { installMesh } from '../install-mesh.ts';
import { Components } from '../local/component.ts';
import type { KindSettings } from '../local/protocol.ts';
import type { MeshFolder } from '../local/registry.ts';
import { writeClusterConfig } from './cluster-config.ts';
import { DOCKER_HOST, startDaemon } from './daemon.ts';
import { clusterName, examineDaemon, exportLogsCommand, nodeContainer } from './docker.ts';
import { mappedGateway } from './mapped-gateway.ts';

/** kind's default pod network. */
const POD_NETWORK = '10.244.0.0/16';

/** Marks of an image that a kubelet short of disk must not take away: it cannot be pulled again. */
const KEPT = [
  ...['--label', 'io.cri-containerd.image=managed'],
  ...['--label', 'io.cri-containerd.pinned=pinned'],
];

/** Imports the mesh's images into the node, as soon as its containerd answers, while kubeadm is still at work. */
async function importImages(node: string, toolchain: KindToolchain, signal: AbortSignal): Promise<void> {
  await waitFor(
    { subject: "the node's containerd", deadlineMs: TIMEOUTS.componentReady, intervalMs: 100, signal },
    async () => {
      const asked = await execa('docker', ['exec', node, 'ctr', 'version'], { reject: false, all: true });
      return asked.failed ? notYet(asked.all.trim()) : done(undefined);
    },
  );
  for (const { ref, file } of toolchain.imageTarballs) {
    const ctr = ['ctr', '--namespace', 'k8s.io', 'images', 'import', '--local', ...KEPT, '-'];
    await run('sh', ['-euc', 'file=$1; shift; exec docker exec -i "$@" <"$file"', 'sh', file, node, ...ctr], {
      purpose: `importing ${ref} into the node`,
      signal,
    });
  }
}

async function loadNodeImage({ nodeImage }: KindToolchain, signal: AbortSignal): Promise<void> {
  const present = await execa('docker', ['image', 'inspect', nodeImage.ref], { reject: false });
  if (!present.failed) return;
  await run('docker', ['load', '--quiet', '--input', nodeImage.archive], {
    purpose: "loading the node's image into Docker",
    signal,
  });
}

/**
 * A kind cluster with a mesh. With a Docker daemon of its own this process is in fresh namespaces, and all of it
 * ends with them.
 */
export async function bringUp(
  settings: KindSettings,
  folder: MeshFolder,
  progress: Progress,
  abort: AbortController,
  onDeath: (error: ComponentDiedError) => void,
): Promise<Environment> {
  const { toolchain } = settings;
  const { signal } = abort;
  const timings: StepTiming[] = [];
  const cluster = clusterName(settings.name);
  const node = nodeContainer(settings.name);
  const kubeconfig = join(folder.run, 'kubeconfig');
  const variables: Record<string, string> = {
    KIND_EXPERIMENTAL_PROVIDER: 'docker',
    KIND_EXPERIMENTAL_DOCKER_NETWORK: cluster,
  };
  process.env.PATH = `${toolchain.bin}:${process.env.PATH ?? ''}`;

  const { dockerRoot } = toolchain;
  const path = dockerRoot === undefined ? [] : [join(dockerRoot, 'usr/bin')];
  if (dockerRoot !== undefined) {
    // The user's own settings of Docker's client belong to another daemon.
    Object.assign(variables, { DOCKER_HOST, DOCKER_CONFIG: join(folder.run, 'docker-client') });
    process.env.PATH = `${path.join(':')}:${process.env.PATH}`;
    Object.assign(process.env, variables);
    const data = join(folder.path, 'docker');
    await mkdir(data);
    await step(progress, 'Docker daemon', timings, () =>
      startDaemon(
        { root: dockerRoot, data, run: folder.run, cgroup: settings.cgroup },
        new Components(folder.logs, onDeath),
        signal,
      ),
    );
  }
  Object.assign(process.env, variables);

  await step(progress, "Node's image", timings, () => loadNodeImage(toolchain, signal));
  const { reachable, cgroupVersion } = await examineDaemon();
  const config = join(folder.run, 'kind-config.yaml');
  await writeClusterConfig(
    {
      cluster,
      nodeImage: toolchain.nodeImage.ref,
      mappedPorts: !reachable,
      builtNode: toolchain.source === 'built',
      cgroupVersion,
    },
    config,
  );
  try {
    await Promise.all([
      step(progress, 'Cluster (kind create)', timings, () =>
        run(
          'kind',
          [
            ...['create', 'cluster', '--name', cluster, '--config', config, '--kubeconfig', kubeconfig],
            // So that its logs can still be collected when it fails.
            '--retain',
          ],
          { purpose: 'creating the kind cluster', signal, logFile: join(folder.logs, 'kind.log') },
        ),
      ),
      step(progress, 'Images into the node', timings, () => importImages(node, toolchain, signal)),
    ]);
    const { stdout } = await execa('docker', [
      ...['inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', node],
    ]);
    const address = stdout.trim();
    if (dockerRoot !== undefined) await execa('ip', ['route', 'add', POD_NETWORK, 'via', address]);
    const capabilities: Capability[] = [
      'docker',
      ...(reachable ? (['load-balancer-address', 'node-port'] as const) : []),
      ...(dockerRoot === undefined ? [] : (['pod-network'] as const)),
    ];
    const environment = await installMesh({
      ...settings,
      nodeName: node,
      loadBalancerAddresses: { only: address },
      ...(reachable ? {} : { dialled: (found) => mappedGateway(found, node) }),
      capabilities,
      run: folder.run,
      logs: folder.logs,
      kubeconfig,
      progress,
      timings,
      signal,
    });
    return { ...environment, path, variables };
  } catch (error) {
    const [program, ...args] = exportLogsCommand(settings.name, folder.logs);
    await execa(program, args, { reject: false, timeout: TIMEOUTS.teardown });
    throw error;
  }
}
