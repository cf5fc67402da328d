import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { type ComponentDiedError, SetupError } from '../../errors.ts';
import { type Progress, type StepTiming, step } from '../../progress.ts';
import { TIMEOUTS } from '../../timeouts.ts';
import { run } from '../../toolchain/commands.ts';
import { cloneDockerData } from '../../toolchain/docker-store.ts';
import type { ImageTarball, KindToolchain } from '../../toolchain/plan.ts';
import { done, notYet, waitFor } from '../../waiting.ts';
import type { Capability, Environment } from '../environment.ts';
import { importInto } from '../import-image.ts';
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
    const [program = '', ...args] = importInto(node, file);
    await run(program, args, { purpose: `importing ${ref} into the node`, signal });
  }
}

/** Loads what the daemon does not have; one that was started from a store of ours has all of it. */
async function loadImages(images: readonly ImageTarball[], signal: AbortSignal): Promise<void> {
  for (const { ref, file } of images) {
    const present = await execa('docker', ['image', 'inspect', ref], { reject: false });
    if (!present.failed) continue;
    await run('docker', ['load', '--quiet', '--input', file], {
      purpose: `loading ${ref} into Docker`,
      signal,
    });
  }
}

/** What the steps of a bring-up share. */
interface BringUp {
  readonly settings: KindSettings;
  readonly folder: MeshFolder;
  readonly kubeconfig: string;
  readonly progress: Progress;
  readonly timings: StepTiming[];
  readonly signal: AbortSignal;
}

/** Variables of whatever talks to Docker or runs kind, this process included. */
function variablesFor({ settings, folder }: BringUp): Record<string, string> {
  return {
    KIND_EXPERIMENTAL_PROVIDER: 'docker',
    KIND_EXPERIMENTAL_DOCKER_NETWORK: clusterName(settings.name),
    ...(settings.toolchain.ownDocker === undefined
      ? {}
      : // The user's own settings of Docker's client belong to another daemon.
        { DOCKER_HOST, DOCKER_CONFIG: join(folder.run, 'docker-client') }),
  };
}

/** Creates the cluster, and imports the mesh's images meanwhile. @returns whether its node can be reached */
async function createCluster(bringUp: BringUp): Promise<{ readonly reachable: boolean }> {
  const { settings, folder, kubeconfig, progress, timings, signal } = bringUp;
  const { name, toolchain } = settings;
  const { reachable, cgroupVersion } = await examineDaemon();
  const config = join(folder.run, 'kind-config.yaml');
  await writeClusterConfig(
    {
      cluster: clusterName(name),
      nodeImage: toolchain.nodeImage,
      mappedPorts: !reachable,
      builtNode: toolchain.source === 'built',
      cgroupVersion,
    },
    config,
  );
  const logFile = join(folder.logs, 'kind.log');
  // Retained, so that its logs can still be collected when it fails.
  const create = ['create', 'cluster', '--config', config, '--kubeconfig', kubeconfig, '--retain'];
  await Promise.all([
    step(progress, 'Cluster (kind create)', timings, () =>
      run('kind', create, { purpose: 'creating the kind cluster', signal, logFile }).catch(
        async (error: unknown) => {
          signal.throwIfAborted();
          throw await namedFailure(error, logFile);
        },
      ),
    ),
    step(progress, 'Images into the node', timings, () =>
      importImages(nodeContainer(name), toolchain, signal),
    ),
  ]);
  return { reachable };
}

/** kind says what went wrong first, and then all that kubeadm said. */
async function namedFailure(error: unknown, logFile: string): Promise<unknown> {
  const log = await readFile(logFile, 'utf8').catch(() => '');
  const named = log.split('\n').find((line) => line.startsWith('ERROR: '));
  if (named === undefined) return error;
  return new SetupError(
    `the kind cluster could not be created: ${named.replace(/^ERROR: (failed to create cluster: )?/, '')}`,
    {
      hint: `The whole output is in ${logFile}.`,
    },
  );
}

async function addressOf(container: string): Promise<string> {
  const { stdout } = await execa('docker', [
    ...['inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', container],
  ]);
  return stdout.trim();
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
  const { ownDocker } = toolchain;
  const { signal } = abort;
  const timings: StepTiming[] = [];
  const node = nodeContainer(settings.name);
  const shared = {
    settings,
    folder,
    kubeconfig: join(folder.run, 'kubeconfig'),
    progress,
    timings,
    signal,
  };
  const path = ownDocker === undefined ? [] : [join(ownDocker.root, 'usr/bin')];
  const variables = variablesFor(shared);
  Object.assign(process.env, variables, {
    PATH: [toolchain.bin, ...path, process.env.PATH ?? ''].join(':'),
  });

  if (ownDocker !== undefined) {
    const data = join(folder.path, 'docker');
    const daemon = { root: ownDocker.root, data, run: folder.run, cgroup: settings.cgroup };
    await step(progress, 'Docker daemon', timings, async () => {
      await cloneDockerData(ownDocker.data, data, signal);
      await startDaemon(daemon, new Components(folder.logs, onDeath), signal);
    });
  }
  const [nodeImage, ...otherImages] = toolchain.dockerImages;
  await step(progress, "Node's image", timings, () => loadImages(nodeImage ? [nodeImage] : [], signal));
  try {
    const [{ reachable }] = await Promise.all([
      createCluster(shared),
      step(progress, 'Images for containers', timings, () => loadImages(otherImages, signal)),
    ]);
    const address = await addressOf(node);
    if (ownDocker !== undefined) await execa('ip', ['route', 'add', POD_NETWORK, 'via', address]);
    const capabilities: Capability[] = [
      'docker',
      'gateway-restart',
      'injection',
      'gateway-api',
      'node-components',
      ...(reachable ? (['load-balancer-address', 'node-port', 'direct-connection'] as const) : []),
      ...(ownDocker === undefined ? [] : (['pod-network'] as const)),
    ];
    const environment = await installMesh({
      ...settings,
      ...shared,
      nodeName: node,
      dnsInCluster: true,
      loadBalancerAddresses: { only: address },
      ...(reachable ? {} : { dialled: (found) => mappedGateway(found, node) }),
      capabilities,
      nodeControl: { container: node },
      run: folder.run,
      logs: folder.logs,
    });
    const containers = {
      network: clusterName(settings.name),
      gateway: { address, tlsPort: 443, h2cPort: 80 },
      images: toolchain.containerImages,
    };
    return { ...environment, path, variables, containers };
  } catch (error) {
    const [program, ...args] = exportLogsCommand(settings.name, folder.logs);
    await execa(program, args, { reject: false, timeout: TIMEOUTS.teardown });
    throw error;
  }
}
