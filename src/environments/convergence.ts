import { randomUUID } from 'node:crypto';
import type { KubernetesObject, V1Pod, V1Service } from '@kubernetes/client-node';
import { request } from 'undici';
import { z } from 'zod';
import { applyObjects } from '../kubernetes/apply.ts';
import { openTunnel } from '../kubernetes/port-forward.ts';
import { isReady, waitForRollout } from '../kubernetes/readiness.ts';
import { TIMEOUTS } from '../timeouts.ts';
import { type Try, done, notYet, waitFor } from '../waiting.ts';
import { takenUp } from './gateway-api/gateway-api.ts';
import { behind, storeOf } from './istiod-store.ts';
import type { MeshView } from './mesh-view.ts';
import { ours } from './ours.ts';
import type { Placement } from './placement.ts';
import { unanswered } from './pushes.ts';
import { normalise, wantedSerials } from './wanted-serials.ts';

/** A port no configuration under test listens on; the gateway's pods alone have it, no Service names it. */
const MARKER_PORT = 15999;
/** Good answers in a row, each on a connection of its own: Envoy hands listeners to its workers one by one. */
const GOOD_ANSWERS = 3;

/** The listener by which convergence is told. */
export const markerGateway = ({ samples, gatewayLabels }: Placement) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'Gateway',
  metadata: { name: 'meshproof-marker', namespace: samples },
  spec: {
    selector: gatewayLabels,
    servers: [{ port: { number: MARKER_PORT, name: 'http-marker', protocol: 'HTTP' }, hosts: ['*'] }],
  },
});

const markerRoute = ({ samples }: Placement, host: string) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'meshproof-marker', namespace: samples },
  spec: { hosts: [host], gateways: ['meshproof-marker'], http: [{ directResponse: { status: 204 } }] },
});

const clusters = z.object({
  cluster_statuses: z
    .array(
      z.object({
        name: z.string(),
        host_statuses: z
          .array(
            z.object({ address: z.object({ socket_address: z.object({ address: z.string() }).optional() }) }),
          )
          .default([]),
      }),
    )
    .default([]),
});
const certs = z.object({
  certificates: z.array(
    z.object({ cert_chain: z.array(z.object({ serial_number: z.string() })).default([]) }),
  ),
});

/** Opens the marker's listener of each pod of the gateway. */
async function openMarkers({
  cluster,
  placement,
  gatewayPods,
}: MeshView): Promise<[AsyncDisposableStack, readonly number[]]> {
  const stack = new AsyncDisposableStack();
  const tunnels = await Promise.all(
    gatewayPods.map((pod) => openTunnel(cluster, placement.gateway, pod, MARKER_PORT)),
  );
  return [stack, tunnels.map((tunnel) => stack.use(tunnel).port)];
}

/**
 * Tells when applied configuration is in effect at the gateway. It asks each link of the chain in turn, and
 * nothing it asks depends on whether the configuration is a good one:
 *
 * 1. Deployments have rolled out at their current generation.
 * 2. istiod's own store has every object at the resourceVersion that was applied, and none that was deleted
 *    (`/debug/configz`, `/debug/registryz`), and has made routes of those of Gateway API, as their status says.
 * 3. A marker route written after that answers at every pod of the gateway. istiod builds each push from its whole
 *    store, so a push that has the marker has all that istiod knew when the marker came; Envoy takes routes last.
 * 4. Every other proxy, and every library that asks istiod by itself, has taken or refused what it was sent last
 *    (`/debug/syncz`). What it subscribes to later comes from the same push.
 * 5. The gateway's clusters hold exactly the Ready pods that the Services select, and it holds the certificate
 *    that the Secret has. Endpoints and secrets travel beside the push.
 */
export class Convergence implements AsyncDisposable {
  readonly #view: MeshView;
  #stack: AsyncDisposableStack;
  /** Ports of this machine that lead to the marker's listener, one for each pod of the gateway. */
  #markers: readonly number[];

  private constructor(view: MeshView, stack: AsyncDisposableStack, markers: readonly number[]) {
    this.#view = view;
    this.#stack = stack;
    this.#markers = markers;
  }

  static async open(view: MeshView): Promise<Convergence> {
    const { cluster, placement } = view;
    await applyObjects(cluster, ours('environment', [markerGateway(placement)]));
    return new Convergence(view, ...(await openMarkers(view)));
  }

  /** Turns to the gateway's pods that are Ready, after those before them were replaced. */
  async followGateway(): Promise<void> {
    await this.#view.followGateway();
    await this.#stack.disposeAsync();
    [this.#stack, this.#markers] = await openMarkers(this.#view);
  }

  /**
   * @param applied objects as the API server returned them
   * @param deleted objects that were taken away
   * @throws WaitTimeoutError that names the link that did not follow, and what it had instead
   */
  async settle(
    applied: readonly KubernetesObject[],
    deleted: readonly KubernetesObject[],
    signal: AbortSignal,
  ): Promise<void> {
    await Promise.all(
      applied
        .filter((object) => object.kind === 'Deployment')
        .map(({ metadata }) =>
          waitForRollout(this.#view.cluster, metadata?.namespace ?? '', metadata?.name ?? '', signal),
        ),
    );
    await this.#wait('istiod to have every applied object', signal, () => this.#istiodHas(applied, deleted));
    await this.takenUp(applied, signal);
    await this.#markerAnswers(signal);
    await this.#wait('every proxy to have answered its last push', signal, async () => {
      const pushes = await this.#view.everyIstiod('/debug/syncz');
      const problem = pushes.map(unanswered).find((each) => each !== undefined);
      return problem === undefined ? done(undefined) : notYet(problem);
    });
    const subsets = subsetsOf(applied);
    const services = applied.filter((object) => object.kind === 'Service');
    const namespaces = new Set([
      this.#view.placement.samples,
      ...services.flatMap(({ metadata }) => metadata?.namespace ?? []),
    ]);
    await this.#wait('the gateway to have the endpoints of every Service', signal, async () => {
      const tries = await Promise.all(
        [...namespaces].map((namespace) => this.#endpointsMatch(namespace, subsets)),
      );
      return tries.find((each) => !each.done) ?? done(undefined);
    });
    await this.#wait('the gateway to have the certificate of its Secret', signal, () =>
      this.#certificatesMatch(applied),
    );
  }

  /** Returns once istiod has looked at each of `applied` that is of Gateway API. */
  takenUp(applied: readonly KubernetesObject[], signal: AbortSignal): Promise<undefined> {
    return this.#wait('istiod to have taken up every object of Gateway API', signal, () =>
      takenUp(this.#view.cluster, applied),
    );
  }

  #wait<T>(subject: string, signal: AbortSignal, attempt: () => Promise<Try<T>>): Promise<T> {
    return waitFor({ subject, deadlineMs: TIMEOUTS.convergence, intervalMs: 20, signal }, attempt);
  }

  async #istiodHas(
    applied: readonly KubernetesObject[],
    deleted: readonly KubernetesObject[],
  ): Promise<Try<undefined>> {
    const [configs, services] = await Promise.all([
      this.#view.everyIstiod('/debug/configz'),
      this.#view.everyIstiod('/debug/registryz'),
    ]);
    for (const [index, config] of configs.entries()) {
      const problem = behind(storeOf(config, services[index] ?? '[]'), applied, deleted);
      if (problem !== undefined) return notYet(problem);
    }
    return done(undefined);
  }

  async #markerAnswers(signal: AbortSignal): Promise<void> {
    const host = `${randomUUID()}.marker.meshproof`;
    const { cluster, placement } = this.#view;
    await applyObjects(cluster, ours('environment', [markerRoute(placement, host)]));
    await Promise.all(this.#markers.map((port) => this.#answersAt(port, host, signal)));
  }

  async #answersAt(port: number, host: string, signal: AbortSignal): Promise<void> {
    let good = 0;
    await this.#wait('the gateway to have a route written after all others', signal, async () => {
      const { statusCode, body } = await request(`http://127.0.0.1:${port}/`, {
        // Not kept alive: each answer has to come over a connection of its own.
        headers: { host, connection: 'close' },
        headersTimeout: TIMEOUTS.singleTry,
      });
      await body.dump();
      good = statusCode === 204 ? good + 1 : 0;
      return good >= GOOD_ANSWERS
        ? done(undefined)
        : notYet(`HTTP ${statusCode}, ${good} good answers in a row`);
    });
  }

  async #endpointsMatch(namespace: string, subsets: readonly Subset[]): Promise<Try<undefined>> {
    const { core } = this.#view.cluster;
    const [services, pods, dumps] = await Promise.all([
      core.listNamespacedService({ namespace }),
      core.listNamespacedPod({ namespace }),
      this.#view.everyGateway('/clusters?format=json'),
    ]);
    const statuses = dumps.map((dump) => clusters.parse(JSON.parse(dump)).cluster_statuses);
    for (const service of services.items) {
      const selector = service.spec?.selector;
      if (!selector) continue;
      const selected = pods.items.filter((pod) => isReady(pod) && selects(selector, pod));
      for (const { name, subset, found } of statuses.flatMap((each) => endpointsOf(service, each))) {
        const labels = subset === '' ? {} : subsets.find((each) => isOf(each, subset, service))?.labels;
        if (labels === undefined) continue;
        const wanted = selected.filter((pod) => selects(labels, pod)).map((pod) => pod.status?.podIP ?? '');
        if (wanted.toSorted().join() !== found.toSorted().join()) {
          return notYet(`${name} has [${found.join(' ')}], its Service selects [${wanted.join(' ')}]`);
        }
      }
    }
    return done(undefined);
  }

  async #certificatesMatch(applied: readonly KubernetesObject[]): Promise<Try<undefined>> {
    const wanted = wantedSerials(applied, this.#view.placement);
    if (wanted.size === 0) return done(undefined);
    for (const text of await this.#view.everyGateway('/certs')) {
      const { certificates } = certs.parse(JSON.parse(text));
      const chains = certificates.flatMap(({ cert_chain: chain }) => chain);
      const found = new Set(chains.map((each) => normalise(each.serial_number)));
      const missing = [...wanted].find(([, serial]) => !found.has(serial));
      if (missing) return notYet(`no certificate with the serial ${missing[1]} of Secret ${missing[0]}`);
    }
    return done(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

const selects = (selector: Readonly<Record<string, string>>, pod: V1Pod) =>
  Object.entries(selector).every(([key, value]) => pod.metadata?.labels?.[key] === value);

/** A subset of a DestinationRule. */
interface Subset {
  readonly name: string;
  /** Of the Service, as the DestinationRule has it: a name without a dot is one in its own namespace. */
  readonly host: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

const subsetsOf = (applied: readonly KubernetesObject[]): Subset[] =>
  applied
    .filter(({ kind }) => kind === 'DestinationRule')
    .flatMap((object) => {
      const { spec } = object as { spec?: { host?: string; subsets?: Partial<Subset>[] } };
      const { host = '', subsets = [] } = spec ?? {};
      const namespace = object.metadata?.namespace ?? '';
      return subsets.map(({ name = '', labels = {} }) => ({ name, host, namespace, labels }));
    });

function isOf({ name, host, namespace }: Subset, subset: string, { metadata }: V1Service): boolean {
  const full = host.includes('.') ? host : `${host}.${namespace}.`;
  return name === subset && full.startsWith(`${metadata?.name ?? ''}.${metadata?.namespace ?? ''}.`);
}

/** The gateway's clusters of a Service, subset by subset; pods of a cluster are counted once. */
function endpointsOf(
  service: V1Service,
  statuses: z.infer<typeof clusters>['cluster_statuses'],
): { name: string; subset: string; found: string[] }[] {
  // What comes after it is the cluster's own domain.
  const host = `|${service.metadata?.name ?? ''}.${service.metadata?.namespace ?? ''}.svc.`;
  return statuses
    .filter(({ name }) => name.startsWith('outbound|') && name.includes(host))
    .map(({ name, host_statuses: hosts }) => ({
      name,
      subset: name.split('|')[2] ?? '',
      found: [...new Set(hosts.map(({ address }) => address.socket_address?.address ?? ''))],
    }));
}
