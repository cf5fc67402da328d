import type { KubernetesObject } from '@kubernetes/client-node';
import { applyObjects, deleteObjects } from '../kubernetes/apply.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import type { Convergence } from './convergence.ts';
import { gatewayApiKinds, isGatewayApi } from './gateway-api/gateway-api.ts';
import { CONFIGURATION_KINDS, listOurs, ours, refuseOthers } from './ours.ts';
import { type Placement, namespacesOf } from './placement.ts';

const keyOf = ({ apiVersion, kind, metadata }: KubernetesObject) =>
  [apiVersion?.split('/')[0], kind, metadata?.namespace, metadata?.name].join(' ');

const contentOf = (object: KubernetesObject) => JSON.stringify((object as { data?: unknown }).data);

/**
 * Secrets that istiod has to look at again since there are Gateways of Gateway API for them. It gives a Secret to nobody
 * who has no such Gateway, and when one comes it does not give it anew either, if Envoy still asks for it by a listener
 * that drains (istio, pilot/pkg/xds/sds.go, "unauthorized certificates"): measured on 1.31, the gateway then goes on with
 * the certificate of before. A Secret that changes, in whatever, is given again.
 */
function givenAnew(
  objects: readonly KubernetesObject[],
  gateways: readonly KubernetesObject[],
): KubernetesObject[] {
  const since = gateways.map(({ metadata }) => metadata?.uid ?? '').join(' ');
  return objects.map((object) =>
    object.kind !== 'Secret' || since === ''
      ? object
      : {
          ...object,
          metadata: {
            ...object.metadata,
            annotations: { ...object.metadata?.annotations, 'meshproof.dev/given-since': since },
          },
        },
  );
}

/**
 * The configuration a cluster has from us: one set of objects at a time. The next set replaces the one before,
 * so that what is under test is never mixed with what was.
 */
export class AppliedConfiguration {
  readonly #cluster: Cluster;
  readonly #convergence: Convergence;
  readonly #placement: Placement;
  /** Everything that may be there, whether or not the last change went through. */
  #present = new Map<string, KubernetesObject>();
  #current: string | undefined;

  private constructor(cluster: Cluster, convergence: Convergence, placement: Placement) {
    this.#cluster = cluster;
    this.#convergence = convergence;
    this.#placement = placement;
  }

  /**
   * Takes over what an earlier session, or `meshproof up`, applied to this cluster.
   *
   * @param namespaces to be looked into beside those of the placement
   */
  static async open(
    cluster: Cluster,
    convergence: Convergence,
    placement: Placement,
    namespaces: readonly string[] = [],
  ): Promise<AppliedConfiguration> {
    const configuration = new AppliedConfiguration(cluster, convergence, placement);
    const all = [...new Set([...namespacesOf(placement), ...namespaces])];
    const kinds = [...CONFIGURATION_KINDS, ...(await gatewayApiKinds(cluster))];
    const found = await listOurs(cluster, all, kinds, 'configuration');
    for (const object of found) configuration.#present.set(keyOf(object), object);
    return configuration;
  }

  /**
   * Makes `plain` the configuration, and returns once it is in effect at the gateway.
   *
   * @param inPlace listeners stay, also when a Secret that they serve becomes another one
   * @throws RefusedError when an object was refused; what came before it is in effect then, and the next set
   *   replaces that too
   */
  async replace(
    plain: readonly KubernetesObject[],
    signal: AbortSignal,
    { inPlace = false } = {},
  ): Promise<void> {
    const objects = ours('configuration', plain);
    const wanted = JSON.stringify(objects);
    if (wanted === this.#current) return;
    this.#current = undefined;
    const next = new Map(objects.map((object) => [keyOf(object), object]));
    if (!inPlace && this.#secretLost(next)) await this.#closeGateways(signal);
    const strange = objects.filter((each) => !this.#present.has(keyOf(each)) && this.#isElsewhere(each));
    await refuseOthers(this.#cluster, strange);
    for (const [key, object] of next) this.#present.set(key, object);
    const gateways = objects.filter((each) => isGatewayApi(each) && each.kind === 'Gateway');
    const there = await applyObjects(this.#cluster, gateways);
    await this.#convergence.takenUp(there, signal);
    const others = objects.filter((each) => !gateways.includes(each));
    const applied = [...there, ...(await applyObjects(this.#cluster, givenAnew(others, there)))];
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

  /** Outside the samples' namespace an object of the same name may be somebody else's. */
  #isElsewhere({ metadata }: KubernetesObject): boolean {
    return metadata?.namespace !== this.#placement.samples;
  }

  /** Whether a Secret that is there goes, or becomes another; with Gateway API it becomes another in place. */
  #secretLost(next: ReadonlyMap<string, KubernetesObject>): boolean {
    const inPlace = [...next.values()].some(isGatewayApi);
    return [...this.#present].some(([key, object]) => {
      if (object.kind !== 'Secret') return false;
      const successor = next.get(key);
      if (!successor) return true;
      return !inPlace && contentOf(successor) !== contentOf(object);
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
