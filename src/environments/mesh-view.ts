import type { V1Pod } from '@kubernetes/client-node';
import { Client } from 'undici';
import { SetupError } from '../errors.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { type Tunnel, openTunnel } from '../kubernetes/port-forward.ts';
import { isReady } from '../kubernetes/readiness.ts';
import { TIMEOUTS } from '../timeouts.ts';
import { GATEWAY_NAMESPACE } from './samples.ts';

/** Envoy's admin interface, on the pod's loopback. */
const ENVOY_ADMIN_PORT = 15000;
/** istiod's monitoring and debug interface; from the pod's own loopback it asks for no token. */
const ISTIOD_DEBUG_PORT = 15014;

/** Label selectors of the two components as Istio's charts set them. */
const GATEWAY_SELECTOR = 'istio=ingressgateway';
const ISTIOD_SELECTOR = 'app=istiod';

/** The newest Ready pod of a selector. @throws SetupError when there is none */
export async function readyPod(cluster: Cluster, namespace: string, labelSelector: string): Promise<V1Pod> {
  const pods = await cluster.core.listNamespacedPod({ namespace, labelSelector });
  const ready = pods.items
    .filter(isReady)
    .toSorted(
      (a, b) => Number(b.metadata?.creationTimestamp ?? 0) - Number(a.metadata?.creationTimestamp ?? 0),
    );
  const [pod] = ready;
  if (!pod) {
    throw new SetupError(`no pod with ${labelSelector} is Ready in ${namespace}`, {
      hint: 'Look at it with "kubectl get pods -A"; is Istio installed, with its ingress gateway?',
    });
  }
  return pod;
}

/** One HTTP port of a pod, asked over a tunnel. */
class PodPort implements AsyncDisposable {
  readonly #tunnel: Tunnel;
  readonly #client: Client;

  constructor(tunnel: Tunnel) {
    this.#tunnel = tunnel;
    this.#client = new Client(`http://127.0.0.1:${tunnel.port}`);
  }

  async get(path: string): Promise<string> {
    const { statusCode, body } = await this.#client.request({
      path,
      method: 'GET',
      headersTimeout: TIMEOUTS.singleTry,
      bodyTimeout: TIMEOUTS.singleTry,
    });
    const text = await body.text();
    if (statusCode !== 200)
      throw new SetupError(`${path} answered HTTP ${statusCode}: ${text.slice(0, 200)}`);
    return text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.destroy();
    await this.#tunnel[Symbol.asyncDispose]();
  }
}

/** What istiod and the ingress gateway say about themselves. */
export class MeshView implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly gatewayPod: string;
  readonly #stack: AsyncDisposableStack;
  readonly #istiod: PodPort;
  readonly #gateway: PodPort;

  private constructor(
    cluster: Cluster,
    gatewayPod: string,
    stack: AsyncDisposableStack,
    ports: [PodPort, PodPort],
  ) {
    this.cluster = cluster;
    this.gatewayPod = gatewayPod;
    this.#stack = stack;
    [this.#istiod, this.#gateway] = ports;
  }

  static async open(cluster: Cluster): Promise<MeshView> {
    const stack = new AsyncDisposableStack();
    const port = async (pod: V1Pod, number: number) =>
      stack.use(new PodPort(await openTunnel(cluster, GATEWAY_NAMESPACE, pod.metadata?.name ?? '', number)));
    const [istiod, gateway] = await Promise.all([
      readyPod(cluster, GATEWAY_NAMESPACE, ISTIOD_SELECTOR),
      readyPod(cluster, GATEWAY_NAMESPACE, GATEWAY_SELECTOR),
    ]);
    const ports: [PodPort, PodPort] = [
      await port(istiod, ISTIOD_DEBUG_PORT),
      await port(gateway, ENVOY_ADMIN_PORT),
    ];
    return new MeshView(cluster, gateway.metadata?.name ?? '', stack, ports);
  }

  /** GET of istiod's debug interface, such as `/debug/configz`. */
  istiod(path: string): Promise<string> {
    return this.#istiod.get(path);
  }

  /** GET of the gateway Envoy's admin interface, such as `/config_dump`. */
  gateway(path: string): Promise<string> {
    return this.#gateway.get(path);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
