import type { KubernetesObject } from '@kubernetes/client-node';
import { z } from 'zod';
import { nameOf } from '../kubernetes/apply.ts';
import { isGatewayApi } from './gateway-api/gateway-api.ts';

const configz = z.array(
  z.object({
    kind: z.string(),
    apiVersion: z.string().default(''),
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

const isIstio = (object: KubernetesObject) => object.apiVersion?.includes('istio.io/') ?? false;
/** Istio and Gateway API have a Gateway each. */
const keyOf = (apiVersion: string, kind: string, namespace: string, name: string) =>
  `${isGatewayApi({ apiVersion }) ? 'Gateway API ' : ''}${kind} ${namespace}/${name}`;
const keyOfObject = ({ apiVersion = '', kind = '', metadata }: KubernetesObject) =>
  keyOf(apiVersion, kind, metadata?.namespace ?? '', metadata?.name ?? '');

/** The resourceVersion of each object that an istiod has in its store, by the answers of its debug interface. */
export function storeOf(configs: string, services: string): ReadonlyMap<string, string> {
  return new Map([
    ...configz
      .parse(JSON.parse(configs))
      .map(({ apiVersion, kind, metadata }): [string, string] => [
        keyOf(apiVersion, kind, metadata.namespace, metadata.name),
        metadata.resourceVersion,
      ]),
    ...registryz
      .parse(JSON.parse(services))
      .map((service): [string, string] => [
        keyOf('v1', 'Service', service.Attributes.Namespace, service.Attributes.Name),
        service.ResourceVersion,
      ]),
  ]);
}

/**
 * Whether a version is `wanted` or one after it: Istio writes into objects itself, the addresses that it gives a
 * ServiceEntry for one. Versions are whole numbers that grow (Kubernetes, KEP-5504).
 */
const isAt = (version: string, wanted: string): boolean =>
  version === wanted || (/^\d+$/.test(version) && /^\d+$/.test(wanted) && BigInt(version) > BigInt(wanted));

/** What a store lacks of what was applied, or still has of what was deleted; undefined when it is up to date. */
export function behind(
  store: ReadonlyMap<string, string>,
  applied: readonly KubernetesObject[],
  deleted: readonly KubernetesObject[],
): string | undefined {
  // An object of another group may have the kind and name of one of Istio's: a misspelt one that was refused.
  const concernsIstiod = (each: KubernetesObject) =>
    isIstio(each) || isGatewayApi(each) || each.kind === 'Service';
  for (const object of applied.filter(concernsIstiod)) {
    const version = store.get(keyOfObject(object));
    const wanted = object.metadata?.resourceVersion ?? '?';
    if (version !== undefined && isAt(version, wanted)) continue;
    return `${nameOf(object)} is ${version === undefined ? 'not there' : `at ${version}, not ${wanted}`}`;
  }
  const still = deleted.filter(concernsIstiod).find((object) => store.has(keyOfObject(object)));
  return still && `${nameOf(still)} is still there`;
}
