import type { V1Pod } from '@kubernetes/client-node';
import { Client } from 'undici';
import { SetupError } from '../errors.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { type Tunnel, openTunnel } from '../kubernetes/port-forward.ts';
import { isReady } from '../kubernetes/readiness.ts';
import { TIMEOUTS } from '../timeouts.ts';
import { type Placement, selectorOf } from './placement.ts';

/** Envoy's admin interface, on the pod's loopback. */
export const ENVOY_ADMIN_PORT = 15000;
/** istiod's monitoring and debug interface; from the pod's own loopback it asks for no token. */
const ISTIOD_DEBUG_PORT = 15014;

/** The label that Istio's charts give to every istiod, whatever its revision. */
export const ISTIOD_SELECTOR = 'app=istiod';

/** The Ready pods of a selector, the newest first. @throws SetupError when there is none */
export async function readyPods(
  cluster: Cluster,
  namespace: string,
  labelSelector: string,
): Promise<[V1Pod, ...V1Pod[]]> {
  const pods = await cluster.core.listNamespacedPod({ namespace, labelSelector });
  const ready = pods.items
    .filter(isReady)
    .toSorted(
      (a, b) => Number(b.metadata?.creationTimestamp ?? 0) - Number(a.metadata?.creationTimestamp ?? 0),
    );
  const [newest, ...others] = ready;
  if (!newest) {
    throw new SetupError(`no pod with ${labelSelector} is Ready in ${namespace}`, {
      hint: 'Look at it with "kubectl get pods -A"; is Istio installed, with its ingress gateway?',
    });
  }
  return [newest, ...others];
}

/** One HTTP port of a pod, asked over a tunnel. */
export class PodPort implements AsyncDisposable {
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

type AtLeastOne<T> = readonly [T, ...T[]];

/** A pod, and one of its ports. */
interface OpenPod {
  readonly name: string;
  readonly port: PodPort;
}

/** Opens a port of each Ready pod of a selector, the newest first. */
async function openAll(
  stack: AsyncDisposableStack,
  cluster: Cluster,
  namespace: string,
  selector: string,
  port: number,
): Promise<AtLeastOne<OpenPod>> {
  const open = async ({ metadata }: V1Pod): Promise<OpenPod> => {
    const name = metadata?.name ?? '';
    return { name, port: stack.use(new PodPort(await openTunnel(cluster, namespace, name, port))) };
  };
  const [newest, ...others] = await readyPods(cluster, namespace, selector);
  return Promise.all([open(newest), ...others.map(open)]);
}

const openIstiods = (stack: AsyncDisposableStack, cluster: Cluster, placement: Placement) =>
  openAll(stack, cluster, placement.control, selectorOf(placement.istiodLabels), ISTIOD_DEBUG_PORT);

const openGateways = (stack: AsyncDisposableStack, cluster: Cluster, placement: Placement) =>
  openAll(stack, cluster, placement.gateway, selectorOf(placement.gatewayLabels), ENVOY_ADMIN_PORT);

/** What istiod and the ingress gateway say about themselves. Each pod of theirs has a store of its own. */
export class MeshView implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly placement: Placement;
  readonly #stack: AsyncDisposableStack;
  #istiods: AtLeastOne<OpenPod>;
  #gateways: AtLeastOne<OpenPod>;

  private constructor(
    cluster: Cluster,
    placement: Placement,
    stack: AsyncDisposableStack,
    istiods: AtLeastOne<OpenPod>,
    gateways: AtLeastOne<OpenPod>,
  ) {
    this.cluster = cluster;
    this.placement = placement;
    this.#stack = stack;
    this.#istiods = istiods;
    this.#gateways = gateways;
  }

  /** @throws SetupError when istiod or the gateway has no Ready pod */
  static async open(cluster: Cluster, placement: Placement): Promise<MeshView> {
    const stack = new AsyncDisposableStack();
    const [istiods, gateways] = await Promise.all([
      openIstiods(stack, cluster, placement),
      openGateways(stack, cluster, placement),
    ]);
    return new MeshView(cluster, placement, stack, istiods, gateways);
  }

  /** Names of the gateway's pods, the newest first. */
  get gatewayPods(): string[] {
    return this.#gateways.map(({ name }) => name);
  }

  /** Turns to the gateway's pods that are Ready, after those before them were replaced. */
  async followGateway(): Promise<void> {
    this.#gateways = await openGateways(this.#stack, this.cluster, this.placement);
  }

  /** Turns to the istiods that are Ready, after those before them were replaced. */
  async followIstiod(): Promise<void> {
    this.#istiods = await openIstiods(this.#stack, this.cluster, this.placement);
  }

  /** GET of istiod's debug interface, such as `/debug/configz`. */
  istiod(path: string): Promise<string> {
    return this.#istiods[0].port.get(path);
  }

  /** The same of every istiod. */
  everyIstiod(path: string): Promise<string[]> {
    return Promise.all(this.#istiods.map(({ port }) => port.get(path)));
  }

  /** GET of the admin interface of the gateway's newest Envoy, such as `/config_dump`. */
  gateway(path: string): Promise<string> {
    return this.#gateways[0].port.get(path);
  }

  /** The same of every Envoy of the gateway. */
  everyGateway(path: string): Promise<string[]> {
    return Promise.all(this.#gateways.map(({ port }) => port.get(path)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
