import { join } from 'node:path';
import { Cluster } from '../kubernetes/cluster.ts';
import { waitForLoadBalancer, waitForRollout } from '../kubernetes/readiness.ts';
import { type Progress, type StepTiming, step } from '../progress.ts';
import { TIMEOUTS } from '../timeouts.ts';
import type { MeshToolchain } from '../toolchain/toolchain.ts';
import { done, notYet, waitFor } from '../waiting.ts';
import { applyDefaultRoutes, waitForGoodRpc } from './default-routes.ts';
import type { Environment, GatewayAddress } from './environment.ts';
import {
  STOCK_ENVOY_SWITCHES,
  installIstio,
  istioSettings,
  startGatewayEarly,
  writeIstioOperator,
} from './istio.ts';
import { allocateFrom, runLoadBalancerController } from './load-balancer.ts';
import { AS_WRITTEN } from './placement.ts';
import type { MeshRequest } from './request.ts';
import { deploySampleServices } from './samples.ts';

async function waitForNode(cluster: Cluster, name: string, signal: AbortSignal): Promise<void> {
  await waitFor(
    { subject: 'the node to be Ready', deadlineMs: TIMEOUTS.componentReady, signal },
    async () => {
      const node = await cluster.core.readNode({ name });
      const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready');
      return ready?.status === 'True' ? done(undefined) : notYet(ready?.message ?? 'not registered');
    },
  );
}

/** What the second half of a bring-up goes on from: an API server that is ready, and a kubelet about to register. */
export interface RunningControlPlane {
  readonly kind: Environment['kind'];
  readonly name: string;
  readonly toolchain: MeshToolchain;
  /** Kubernetes' name of the only node. */
  readonly nodeName: string;
  /** Gives LoadBalancer Services their addresses. */
  readonly loadBalancerAddresses: { readonly prefix: string } | { readonly only: string };
  /** Where clients reach a gateway that has been given `address`, when that is not where it answers itself. */
  readonly dialled?: (cluster: Cluster, address: string) => Promise<GatewayAddress>;
  /** Names are resolved by pods of the cluster, which may not be up yet. */
  readonly dnsInCluster: boolean;
  readonly capabilities: Environment['capabilities'];
  readonly nodeControl: NonNullable<Environment['nodeControl']>;
  readonly request: MeshRequest;
  readonly withDefaultRoutes: boolean;
  /** Folder for this mesh's own files. */
  readonly run: string;
  readonly logs: string;
  readonly kubeconfig: string;
  readonly progress: Progress;
  readonly timings: StepTiming[];
  readonly signal: AbortSignal;
}

/**
 * From a running control plane to a gateway that answers. It is a module of its own because the Kubernetes
 * client takes most of a second to load, which it does while the API server starts.
 */
export async function installMesh(running: RunningControlPlane): Promise<Environment> {
  const { toolchain, kubeconfig, request, progress, timings, signal } = running;
  const { set = [] } = request;
  const cluster = new Cluster(kubeconfig);
  const addresses = running.loadBalancerAddresses;
  const allocate = 'only' in addresses ? () => addresses.only : allocateFrom(addresses.prefix);
  await runLoadBalancerController(cluster, allocate, (trouble) =>
    progress.note(`LoadBalancer controller: ${trouble}`),
  );

  const operatorFile = join(running.run, 'istio-operator.yaml');
  const nodeReady = step(progress, 'Node', timings, () => waitForNode(cluster, running.nodeName, signal));
  const istioReady = step(progress, 'Istio', timings, async (activity) => {
    const istio = istioSettings(toolchain, request);
    await writeIstioOperator(istio, operatorFile);
    await Promise.all([
      installIstio(operatorFile, set, cluster, (line) => activity.detail(line), signal),
      startGatewayEarly(cluster, istio, set, signal),
    ]);
  });
  const samplesReady = step(progress, 'Sample services', timings, async () => {
    // They look one another up when they start, and a gRPC client that was told "no such name" asks again only
    // after 30 seconds (grpc-js, grpc.dns_min_time_between_resolutions_ms).
    if (running.dnsInCluster) await waitForRollout(cluster, 'kube-system', 'coredns', signal);
    await deploySampleServices(cluster, toolchain.images.services, AS_WRITTEN, signal);
  });
  await Promise.all([nodeReady, istioReady, samplesReady]);
  const address = await waitForLoadBalancer(cluster, AS_WRITTEN.gateway, 'istio-ingressgateway', signal);

  const gateway = (await running.dialled?.(cluster, address)) ?? { address, tlsPort: 443, h2cPort: 80 };
  const caFile = join(running.run, 'test-ca.pem');
  if (running.withDefaultRoutes) {
    await step(progress, 'First RPC through the gateway', timings, async () => {
      const pem = await applyDefaultRoutes(cluster, caFile, AS_WRITTEN);
      await Promise.all(
        (['tls', 'h2c'] as const).map((transport) =>
          waitForGoodRpc(gateway, { pem, file: caFile }, transport, signal),
        ),
      );
    });
  }

  return {
    kind: running.kind,
    name: running.name,
    kubeconfig,
    placement: AS_WRITTEN,
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
    asked: request,
    capabilities: running.capabilities,
    nodeControl: running.nodeControl,
    logs: running.logs,
    steps: timings,
  };
}
