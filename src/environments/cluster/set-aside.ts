import type { KubernetesObject } from '@kubernetes/client-node';
import { applyObjects, deleteObjects, hasStatus } from '../../kubernetes/apply.ts';
import { CONFIGURATION_KINDS, listOurs, ours } from '../ours.ts';
import { AS_WRITTEN, type Placement } from '../placement.ts';
import type { Connection } from './connect.ts';

/** What decides where the gateway's requests go. Services and their pods are in nobody's way. */
const IN_THE_WAY = CONFIGURATION_KINDS.filter((kind) => kind.endsWith('.istio.io') || kind === 'secrets');

const KEEPER = 'meshproof-set-aside';

/**
 * On a mesh of our own making, what `meshproof up` has applied is for the same host: it is taken away, and a ConfigMap
 * in the samples' namespace keeps it until it is put back.
 */
export async function setAside({ cluster }: Connection, { samples, gateway }: Placement): Promise<void> {
  const namespaces = [...new Set([AS_WRITTEN.samples, gateway])];
  const found = await listOurs(cluster, namespaces, IN_THE_WAY, 'configuration');
  if (found.length === 0) return;
  const keeper = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: KEEPER, namespace: samples },
    data: { objects: JSON.stringify(found.map(asApplied)) },
  };
  await applyObjects(cluster, ours('environment', [keeper]));
  await deleteObjects(cluster, found);
}

/** Puts back what was set aside in favour of the samples in `namespace`. */
export async function putBack({ cluster }: Connection, namespace: string): Promise<void> {
  const keeper = await cluster.core
    .readNamespacedConfigMap({ name: KEEPER, namespace })
    .catch((error: unknown) => {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    });
  if (keeper === undefined) return;
  await applyObjects(cluster, JSON.parse(keeper.data?.objects ?? '[]') as KubernetesObject[]);
}

/** Without what the API server adds. */
function asApplied(object: KubernetesObject): KubernetesObject {
  const { name, namespace, labels, annotations } = object.metadata ?? {};
  const content = Object.entries(object).filter(([key]) => key !== 'status');
  return {
    ...(Object.fromEntries(content) as KubernetesObject),
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
  };
}
