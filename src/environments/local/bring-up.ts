import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import type { ComponentDiedError } from '../../errors.ts';
import { cloneContainerdRoot } from '../../toolchain/containerd-store.ts';
import { Cluster } from '../../kubernetes/cluster.ts';
import { waitForLoadBalancer } from '../../kubernetes/readiness.ts';
import { type Progress, type StepTiming, step } from '../../progress.ts';
import { TIMEOUTS } from '../../timeouts.ts';
import { done, notYet, waitFor } from '../../waiting.ts';
import { applyDefaultRoutes, waitForGoodRpc } from '../default-routes.ts';
import type { Environment } from '../environment.ts';
import { STOCK_ENVOY_SWITCHES, installIstio } from '../istio.ts';
import { deploySampleServices } from '../samples.ts';
import { allocateFrom, runLoadBalancerController } from '../load-balancer.ts';
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
import type { SupervisorSettings } from './protocol.ts';
import type { MeshFolder } from './registry.ts';

async function waitForApiServer(files: ControlPlaneFiles, signal: AbortSignal): Promise<void> {
  await waitFor(
    { subject: 'the API server to be ready', deadlineMs: TIMEOUTS.componentReady, intervalMs: 50, signal },
    async () => {
      const ca = await readFile(files.serverCertificate).catch(() => undefined);
      if (!ca) return notYet('it has not made its certificate yet');
      const agent = new Agent({ connect: { ca } });
      try {
        const response = await request(`https://${NETWORK.nodeAddress}:6443/readyz`, { dispatcher: agent });
        const body = await response.body.text();
        return response.statusCode === 200 ? done(undefined) : notYet(body.split('\n').find((l) => l.includes('failed')) ?? body);
      } finally {
        await agent.close();
      }
    },
  );
}

async function waitForNode(cluster: Cluster, signal: AbortSignal): Promise<void> {
  await waitFor({ subject: 'the node to be Ready', deadlineMs: TIMEOUTS.componentReady, signal }, async () => {
    const node = await cluster.core.readNode({ name: NODE_NAME });
    const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready');
    return ready?.status === 'True' ? done(undefined) : notYet(ready?.message ?? 'not registered');
  });
}

/**
 * From fresh namespaces to a mesh with its ingress gateway Ready. Whatever does not wait for something else
 * runs beside it: the image store is cloned while the API server starts, the node comes up while Istio's
 * installer writes its definitions.
 */
export async function bringUp(
  settings: SupervisorSettings,
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

  const cluster = await step(progress, 'Kubernetes control plane', timings, async () => {
    const token = await writeCredentials(files);
    await components.start(etcd(files));
    await components.start(apiServer(files));
    await waitForApiServer(files, signal);
    await writeKubeconfig(files, settings.name, token);
    await components.start(controllerManager(files));
    await components.start(scheduler(files));
    await components.start(coreDns(node));
    await images;
    await components.start(kubeProxy(node));
    await components.start(kubelet(node));
    return new Cluster(files.kubeconfig);
  });

  await runLoadBalancerController(cluster, allocateFrom(NETWORK.loadBalancerPrefix), (trouble) =>
    progress.note(`LoadBalancer controller: ${trouble}`),
  );

  const nodeReady = step(progress, 'Node', timings, () => waitForNode(cluster, signal));
  const istioReady = step(progress, 'Istio', timings, (activity) =>
    installIstio(
      {
        hub: toolchain.images.hub,
        tag: toolchain.images.tag,
        stockEnvoy: toolchain.stockEnvoy,
        imagePullPolicy: 'Never',
        set: settings.istioSet,
      },
      files.kubeconfig,
      join(folder.run, 'istio-operator.yaml'),
      (line) => activity.detail(line),
      signal,
    ),
  );
  const samplesReady = step(progress, 'Sample services', timings, () =>
    deploySampleServices(cluster, toolchain.images.services, signal),
  );
  await Promise.all([nodeReady, istioReady, samplesReady]);
  const address = await waitForLoadBalancer(cluster, 'istio-system', 'istio-ingressgateway', signal);

  const gateway = { address, tlsPort: 443, h2cPort: 80 };
  const caFile = join(folder.run, 'test-ca.pem');
  if (settings.withDefaultRoutes) {
    await step(progress, 'First RPC through the gateway', timings, async () => {
      const pem = await applyDefaultRoutes(cluster, caFile);
      await Promise.all(
        (['tls', 'h2c'] as const).map((transport) => waitForGoodRpc(gateway, { pem, file: caFile }, transport, signal)),
      );
    });
  }

  return {
    kind: 'local',
    name: settings.name,
    kubeconfig: files.kubeconfig,
    gateway,
    bin: toolchain.bin,
    caFile,
    versions: { ...toolchain.versions },
    dataPlane: {
      stock: toolchain.stockEnvoy,
      note: toolchain.stockEnvoy
        ? "The data plane is Envoy as its own project builds it, not Istio's build: a result here is not a result on Istio's proxy image."
        : "The data plane is Istio's own proxy image.",
      switches: toolchain.stockEnvoy ? [...STOCK_ENVOY_SWITCHES] : [],
    },
    images: { source: toolchain.source, services: toolchain.images.services, why: '' },
    capabilities: ['load-balancer-address', 'node-port', 'pod-network'],
    logs: folder.logs,
    steps: timings,
  };
}
