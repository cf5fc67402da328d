import { X509Certificate, createPrivateKey, randomUUID } from 'node:crypto';
import type { KubernetesObject, V1Pod, V1Secret, V1Service } from '@kubernetes/client-node';
import { request } from 'undici';
import { z } from 'zod';
import { applyObjects, nameOf } from '../kubernetes/apply.ts';
import { openTunnel } from '../kubernetes/port-forward.ts';
import { isReady, waitForRollout } from '../kubernetes/readiness.ts';
import { TIMEOUTS } from '../timeouts.ts';
import { type Try, done, notYet, waitFor } from '../waiting.ts';
import type { MeshView } from './mesh-view.ts';
import { GATEWAY_NAMESPACE, SAMPLE_NAMESPACE } from './samples.ts';

/** A port no configuration under test listens on; the gateway's pods alone have it, no Service names it. */
const MARKER_PORT = 15999;
/** Good answers in a row, each on a connection of its own: Envoy hands listeners to its workers one by one. */
const GOOD_ANSWERS = 3;

const markerGateway = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'Gateway',
  metadata: { name: 'meshproof-marker', namespace: GATEWAY_NAMESPACE },
  spec: {
    selector: { istio: 'ingressgateway' },
    servers: [{ port: { number: MARKER_PORT, name: 'http-marker', protocol: 'HTTP' }, hosts: ['*'] }],
  },
};

const markerRoute = (host: string) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'meshproof-marker', namespace: GATEWAY_NAMESPACE },
  spec: { hosts: [host], gateways: ['meshproof-marker'], http: [{ directResponse: { status: 204 } }] },
});

const configz = z.array(
  z.object({
    kind: z.string(),
    metadata: z.object({
      name: z.string(),
      namespace: z.string().default(''),
      resourceVersion: z.string().default(''),
    }),
  }),
);
const registryz = z.array(
  z.object({
    Attributes: z.object({ Name: z.string(), Namespace: z.string() }),
    ResourceVersion: z.string().default(''),
  }),
);
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

const isIstio = (object: KubernetesObject) => object.apiVersion?.includes('istio.io/') ?? false;
const keyOf = (kind: string, namespace: string, name: string) => `${kind} ${namespace}/${name}`;
const keyOfObject = (object: KubernetesObject) =>
  keyOf(object.kind ?? '', object.metadata?.namespace ?? '', object.metadata?.name ?? '');

/**
 * Tells when applied configuration is in effect at the gateway. It asks each link of the chain in turn, and
 * nothing it asks depends on whether the configuration is a good one:
 *
 * 1. Deployments have rolled out at their current generation.
 * 2. istiod's own store has every object at the resourceVersion that was applied, and none that was deleted
 *    (`/debug/configz`, `/debug/registryz`).
 * 3. A marker route written after that answers at the gateway. istiod builds each push from its whole store, so
 *    a push that has the marker has all that istiod knew when the marker came; Envoy takes routes last.
 * 4. The gateway's clusters hold exactly the Ready pods that the Services select, and it holds the certificate
 *    that the Secret has. Endpoints and secrets travel beside the push.
 */
export class Convergence implements AsyncDisposable {
  readonly #view: MeshView;
  readonly #marker: Awaited<ReturnType<typeof openTunnel>>;

  private constructor(view: MeshView, marker: Awaited<ReturnType<typeof openTunnel>>) {
    this.#view = view;
    this.#marker = marker;
  }

  static async open(view: MeshView): Promise<Convergence> {
    await applyObjects(view.cluster, [markerGateway]);
    return new Convergence(
      view,
      await openTunnel(view.cluster, GATEWAY_NAMESPACE, view.gatewayPod, MARKER_PORT),
    );
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
    await this.#markerAnswers(signal);
    await this.#wait('the gateway to have the endpoints of every Service', signal, () =>
      this.#endpointsMatch(),
    );
    await this.#wait('the gateway to have the certificate of its Secret', signal, () =>
      this.#certificatesMatch(applied),
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
      this.#view.istiod('/debug/configz'),
      this.#view.istiod('/debug/registryz'),
    ]);
    const known = new Map([
      ...configz
        .parse(JSON.parse(configs))
        .map(({ kind, metadata }): [string, string] => [
          keyOf(kind, metadata.namespace, metadata.name),
          metadata.resourceVersion,
        ]),
      ...registryz
        .parse(JSON.parse(services))
        .map((service): [string, string] => [
          keyOf('Service', service.Attributes.Namespace, service.Attributes.Name),
          service.ResourceVersion,
        ]),
    ]);
    // An object of another group may have the kind and name of one of Istio's: a misspelt one that was refused.
    const concernsIstiod = (each: KubernetesObject) => isIstio(each) || each.kind === 'Service';
    for (const object of applied.filter(concernsIstiod)) {
      const version = known.get(keyOfObject(object));
      if (version !== object.metadata?.resourceVersion) {
        return notYet(
          `${nameOf(object)} is ${version === undefined ? 'not there' : `at ${version}, not ${object.metadata?.resourceVersion ?? '?'}`}`,
        );
      }
    }
    const still = deleted.filter(concernsIstiod).find((object) => known.has(keyOfObject(object)));
    return still ? notYet(`${nameOf(still)} is still there`) : done(undefined);
  }

  async #markerAnswers(signal: AbortSignal): Promise<void> {
    const host = `${randomUUID()}.marker.meshproof`;
    await applyObjects(this.#view.cluster, [markerRoute(host)]);
    let good = 0;
    await this.#wait('the gateway to have a route written after all others', signal, async () => {
      const { statusCode, body } = await request(`http://127.0.0.1:${this.#marker.port}/`, {
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

  async #endpointsMatch(): Promise<Try<undefined>> {
    const { core } = this.#view.cluster;
    const namespace = SAMPLE_NAMESPACE;
    const [services, pods, dump] = await Promise.all([
      core.listNamespacedService({ namespace }),
      core.listNamespacedPod({ namespace }),
      this.#view.gateway('/clusters?format=json'),
    ]);
    const statuses = clusters.parse(JSON.parse(dump)).cluster_statuses;
    for (const service of services.items) {
      const selector = service.spec?.selector;
      if (!selector) continue;
      const wanted = pods.items
        .filter((pod) => isReady(pod) && selects(selector, pod))
        .map((pod) => pod.status?.podIP ?? '');
      for (const { name, found } of endpointsOf(service, statuses)) {
        if (wanted.toSorted().join() !== found.toSorted().join()) {
          return notYet(`${name} has [${found.join(' ')}], its Service selects [${wanted.join(' ')}]`);
        }
      }
    }
    return done(undefined);
  }

  async #certificatesMatch(applied: readonly KubernetesObject[]): Promise<Try<undefined>> {
    const wanted = wantedSerials(applied);
    if (wanted.size === 0) return done(undefined);
    const dump = certs.parse(JSON.parse(await this.#view.gateway('/certs')));
    const found = new Set(
      dump.certificates.flatMap(({ cert_chain: chain }) =>
        chain.map((each) => normalise(each.serial_number)),
      ),
    );
    const missing = [...wanted].find(([, serial]) => !found.has(serial));
    return missing
      ? notYet(`no certificate with the serial ${missing[1]} of Secret ${missing[0]}`)
      : done(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#marker[Symbol.asyncDispose]();
  }
}

const selects = (selector: Readonly<Record<string, string>>, pod: V1Pod) =>
  Object.entries(selector).every(([key, value]) => pod.metadata?.labels?.[key] === value);

/** The gateway's clusters of a Service, without those of subsets; pods of a cluster are counted once. */
function endpointsOf(
  service: V1Service,
  statuses: z.infer<typeof clusters>['cluster_statuses'],
): { name: string; found: string[] }[] {
  const host = `${service.metadata?.name ?? ''}.${service.metadata?.namespace ?? ''}.svc.cluster.local`;
  return statuses
    .filter(({ name }) => name.startsWith('outbound|') && name.endsWith(`||${host}`))
    .map(({ name, host_statuses: hosts }) => ({
      name,
      found: [...new Set(hosts.map(({ address }) => address.socket_address?.address ?? ''))],
    }));
}

const normalise = (serial: string) => serial.toLowerCase().replace(/^0+/, '');

/**
 * Serials of the certificates that a Gateway among `applied` names by credentialName and whose Secret is usable
 * there. A Secret elsewhere, or one whose key is another's, is never delivered, and its absence cannot be awaited.
 */
function wantedSerials(applied: readonly KubernetesObject[]): Map<string, string> {
  const named = new Set(
    applied
      .filter((object) => object.kind === 'Gateway')
      .flatMap(
        (object) =>
          (object as { spec?: { servers?: { tls?: { credentialName?: string } }[] } }).spec?.servers ?? [],
      )
      .map((server) => server.tls?.credentialName ?? ''),
  );
  const wanted = new Map<string, string>();
  for (const object of applied as readonly V1Secret[]) {
    const { name = '', namespace } = object.metadata ?? {};
    const certificate = object.data?.['tls.crt'];
    if (object.kind !== 'Secret' || namespace !== GATEWAY_NAMESPACE || !named.has(name) || !certificate)
      continue;
    const pem = Buffer.from(certificate, 'base64').toString();
    const key = Buffer.from(object.data?.['tls.key'] ?? '', 'base64').toString();
    if (fits(pem, key)) wanted.set(name, normalise(new X509Certificate(pem).serialNumber));
  }
  return wanted;
}

function fits(certificate: string, key: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
