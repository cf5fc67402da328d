import type { KubernetesObject } from '@kubernetes/client-node';
import { execa } from 'execa';
import { applyObjects, deleteObjects } from '../kubernetes/apply.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import type { Convergence } from './convergence.ts';

/** On every object of a configuration, so that a later session finds what an earlier one left on a reused mesh. */
const LABEL = { key: 'meshproof.dev/part-of', value: 'configuration' } as const;

/** The kinds that configurations are made of, as kubectl takes them. */
const KINDS = [
  ...['secrets', 'configmaps', 'services', 'serviceaccounts', 'deployments.apps'],
  ...[
    'gateways',
    'virtualservices',
    'destinationrules',
    'envoyfilters',
    'serviceentries',
    'workloadentries',
    'sidecars',
  ].map((kind) => `${kind}.networking.istio.io`),
  ...['peerauthentications', 'authorizationpolicies', 'requestauthentications'].map(
    (kind) => `${kind}.security.istio.io`,
  ),
  'telemetries.telemetry.istio.io',
];

/** The objects with the label that makes them part of a configuration. */
export function labelled(objects: readonly KubernetesObject[]): KubernetesObject[] {
  return objects.map((object) => ({
    ...object,
    metadata: { ...object.metadata, labels: { ...object.metadata?.labels, [LABEL.key]: LABEL.value } },
  }));
}

const keyOf = ({ apiVersion, kind, metadata }: KubernetesObject) =>
  [apiVersion?.split('/')[0], kind, metadata?.namespace, metadata?.name].join(' ');

const contentOf = (object: KubernetesObject) => JSON.stringify((object as { data?: unknown }).data);

/**
 * The configuration a cluster has from us: one set of objects at a time. The next set replaces the one before,
 * so that what is under test is never mixed with what was.
 */
export class AppliedConfiguration {
  readonly #cluster: Cluster;
  readonly #convergence: Convergence;
  /** Everything that may be there, whether or not the last change went through. */
  #present = new Map<string, KubernetesObject>();
  #current: string | undefined;

  private constructor(cluster: Cluster, convergence: Convergence) {
    this.#cluster = cluster;
    this.#convergence = convergence;
  }

  /** Takes over what an earlier session, or `meshproof up`, applied to this cluster. */
  static async open(cluster: Cluster, convergence: Convergence): Promise<AppliedConfiguration> {
    const configuration = new AppliedConfiguration(cluster, convergence);
    const { stdout } = await execa('kubectl', [
      ...[
        '--kubeconfig',
        cluster.kubeconfig,
        'get',
        KINDS.join(','),
        '--all-namespaces',
        '--ignore-not-found',
      ],
      ...['--selector', `${LABEL.key}=${LABEL.value}`, '--output', 'json'],
    ]);
    const { items } = stdout === '' ? { items: [] } : (JSON.parse(stdout) as { items: KubernetesObject[] });
    for (const object of items) configuration.#present.set(keyOf(object), object);
    return configuration;
  }

  /**
   * Makes `plain` the configuration, and returns once it is in effect at the gateway.
   *
   * @throws RefusedError when an object was refused; what came before it is in effect then, and the next set
   *   replaces that too
   */
  async replace(plain: readonly KubernetesObject[], signal: AbortSignal): Promise<void> {
    const objects = labelled(plain);
    const wanted = JSON.stringify(objects);
    if (wanted === this.#current) return;
    this.#current = undefined;
    const next = new Map(objects.map((object) => [keyOf(object), object]));
    if (this.#secretLost(next)) await this.#closeGateways(signal);
    for (const [key, object] of next) this.#present.set(key, object);
    const applied = await applyObjects(this.#cluster, objects);
    const surplus = await this.#removeAllBut(next);
    await this.#convergence.settle(applied, surplus, signal);
    this.#current = wanted;
  }

  async #removeAllBut(kept: ReadonlyMap<string, KubernetesObject>): Promise<KubernetesObject[]> {
    const surplus = [...this.#present].filter(([key]) => !kept.has(key)).map(([, object]) => object);
    await deleteObjects(this.#cluster, surplus);
    for (const object of surplus) this.#present.delete(keyOf(object));
    return surplus;
  }

  /** Whether a Secret that is there goes, or becomes another. */
  #secretLost(next: ReadonlyMap<string, KubernetesObject>): boolean {
    return [...this.#present].some(([key, object]) => {
      if (object.kind !== 'Secret') return false;
      const successor = next.get(key);
      return !successor || contentOf(successor) !== contentOf(object);
    });
  }

  /**
   * A gateway keeps serving a certificate whose Secret is gone for as long as a listener asks for it, a draining
   * one included. So this takes the listeners away but cannot promise that the gateway has forgotten at once: a
   * sabotage that needs a Secret to be missing names one that the gateway has never served.
   */
  async #closeGateways(signal: AbortSignal): Promise<void> {
    const gateways = [...this.#present.values()].filter((object) => object.kind === 'Gateway');
    await deleteObjects(this.#cluster, gateways);
    for (const gateway of gateways) this.#present.delete(keyOf(gateway));
    await this.#convergence.settle([], gateways, signal);
  }
}
