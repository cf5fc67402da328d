import { mkdir, readFile } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import type { ComponentDiedError } from '../../errors.ts';
import { cloneContainerdRoot } from '../../toolchain/containerd-store.ts';
import { type Progress, type StepTiming, step } from '../../progress.ts';
import { TIMEOUTS } from '../../timeouts.ts';
import { done, notYet, waitFor } from '../../waiting.ts';
import type { Environment } from '../environment.ts';
import { cgroupVersion, createCgroup } from './cgroups.ts';
import { Components } from './component.ts';
import {
  ControlPlaneFiles,
  apiServer,
  controllerManager,
  etcd,
  scheduler,
  writeCredentials,
  writeKubeconfig,
} from './control-plane.ts';
import { NETWORK, isolateMounts, isolateNetwork } from './isolation.ts';
import {
  NODE_NAME,
  type NodeSettings,
  containerd,
  coreDns,
  kubeProxy,
  kubelet,
  writeNodeConfiguration,
} from './node.ts';
import type { LocalSettings } from './protocol.ts';
import type { MeshFolder } from './registry.ts';
import { RESTART_SOCKET, serveRestarts } from './restart-requests.ts';

/** By Node's own client: a library would have to be loaded first, and this is on the way to everything else. */
function getReadyz(ca: Buffer): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const request = get(`https://${NETWORK.nodeAddress}:6443/readyz`, { ca, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (body += part));
      response.once('end', () => resolve({ status: response.statusCode, body }));
      response.once('error', reject);
    });
    request.once('error', reject);
  });
}

async function waitForApiServer(files: ControlPlaneFiles, signal: AbortSignal): Promise<void> {
  await waitFor(
    { subject: 'the API server to be ready', deadlineMs: TIMEOUTS.componentReady, intervalMs: 50, signal },
    async () => {
      const ca = await readFile(files.serverCertificate).catch(() => undefined);
      if (!ca) return notYet('it has not made its certificate yet');
      const { status, body } = await getReadyz(ca);
      return status === 200
        ? done(undefined)
        : notYet(body.split('\n').find((line) => line.includes('failed')) ?? body);
    },
  );
}

/**
 * From fresh namespaces to a mesh with its ingress gateway Ready. Whatever does not wait for something else
 * runs beside it: the image store is cloned while the API server starts, the node comes up while Istio's
 * installer writes its definitions.
 */
export async function bringUp(
  settings: LocalSettings,
  folder: MeshFolder,
  progress: Progress,
  abort: AbortController,
  onDeath: (error: ComponentDiedError) => void,
): Promise<Environment> {
  const { toolchain } = settings;
  const { signal } = abort;
  const timings: StepTiming[] = [];
  const components = new Components(folder.logs, onDeath);
  process.env.PATH = `${toolchain.bin}:${process.env.PATH ?? ''}`;

  const version = await cgroupVersion();
  const files = new ControlPlaneFiles(join(folder.run, 'control-plane'));
  const node: NodeSettings = {
    folder: join(folder.run, 'node'),
    containerdRoot: folder.containerd,
    cniBin: toolchain.cniBin,
    pauseImage: toolchain.images.pause,
    cgroup: settings.cgroup,
    cgroupVersion: version,
    kubeconfig: files.kubeconfig,
  };

  await step(progress, 'Namespaces, network, cgroups', timings, async () => {
    await isolateMounts(folder.run);
    await mkdir('/run/meshproof', { recursive: true });
    await isolateNetwork();
    await createCgroup(settings.cgroup);
    await Promise.all([mkdir(files.folder), mkdir(node.folder)]);
  });

  const images = step(progress, 'Image store', timings, async () => {
    await cloneContainerdRoot(toolchain.containerdRoot, folder.containerd, signal);
    await writeNodeConfiguration(node);
    await components.start(containerd(node));
  });

  const { installMesh } = await step(progress, 'Kubernetes control plane', timings, async () => {
    const token = await writeCredentials(files);
    await components.start(etcd(files));
    await components.start(apiServer(files));
    const rest = import('../install-mesh.ts');
    await waitForApiServer(files, signal);
    await writeKubeconfig(files, settings.name, token);
    await components.start(controllerManager(files));
    await components.start(scheduler(files));
    await components.start(coreDns(node));
    await images;
    await components.start(kubeProxy(node));
    await components.start(kubelet(node));
    await serveRestarts(components);
    return rest;
  });
  return installMesh({
    ...settings,
    nodeName: NODE_NAME,
    dnsInCluster: false,
    loadBalancerAddresses: { prefix: NETWORK.loadBalancerPrefix },
    run: folder.run,
    logs: folder.logs,
    capabilities: [
      ...(['load-balancer-address', 'node-port', 'direct-connection', 'pod-network'] as const),
      'gateway-restart',
      'injection',
      'gateway-api',
      'gateway-addresses',
      'node-components',
    ],
    nodeControl: { socket: RESTART_SOCKET },
    kubeconfig: files.kubeconfig,
    progress,
    timings,
    signal,
  });
}
