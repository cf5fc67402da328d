import { readFile } from 'node:fs/promises';
import type { KubernetesObject } from '@kubernetes/client-node';
import { applyObjects, hasStatus, nameOf } from '../../kubernetes/apply.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { TIMEOUTS } from '../../timeouts.ts';
import { type Try, done, notYet, waitFor } from '../../waiting.ts';
import { CRDS } from './crds.ts';

const GROUP = 'gateway.networking.k8s.io';

/** Whether an object is one of Gateway API's. */
export const isGatewayApi = ({ apiVersion = '' }: KubernetesObject): boolean =>
  apiVersion.startsWith(`${GROUP}/`);

/** The kinds that configurations may have of it, as kubectl takes them. */
const KINDS = ['gateways', 'grpcroutes', 'httproutes', 'referencegrants'].map((kind) => `${kind}.${GROUP}`);

/** The kinds of it that a cluster's API server has: all, or none. */
export async function gatewayApiKinds(cluster: Cluster): Promise<readonly string[]> {
  const header = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `grpcroutes.${GROUP}` },
  };
  try {
    await cluster.objects.read(header);
    return KINDS;
  } catch (error) {
    // Whoever may not look at definitions has not made objects of them through us either.
    if (hasStatus(error, 404) || hasStatus(error, 403)) return [];
    throw error;
  }
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly observedGeneration?: number;
}

/**
 * Makes Gateway API known to a mesh of our own. Istiod begins with it as soon as it sees the definitions, and makes its
 * GatewayClass then; they stay for as long as the mesh.
 */
export async function installGatewayApi(cluster: Cluster, signal: AbortSignal): Promise<void> {
  if ((await gatewayApiKinds(cluster)).length === 0)
    await applyObjects(cluster, JSON.parse(await readFile(CRDS, 'utf8')) as KubernetesObject[]);
  await waitFor(
    {
      subject: 'istiod to have taken up Gateway API',
      deadlineMs: TIMEOUTS.convergence,
      intervalMs: 50,
      signal,
    },
    async () => {
      const header = { apiVersion: `${GROUP}/v1`, kind: 'GatewayClass', metadata: { name: 'istio' } };
      const found = await cluster.objects.read(header).catch((error: unknown) => {
        if (hasStatus(error, 404)) return undefined;
        throw error;
      });
      const { conditions = [] } =
        (found as { status?: { conditions?: readonly Condition[] } } | undefined)?.status ?? {};
      return conditions.some(({ type, status }) => type === 'Accepted' && status === 'True')
        ? done(undefined)
        : notYet(
            found === undefined ? 'there is no GatewayClass istio' : 'GatewayClass istio is not accepted',
          );
    },
  );
}

interface Reference {
  readonly name?: string;
  readonly namespace?: string;
}

/** A Gateway or a route of Gateway API, as far as it says what Istio has made of it. */
interface Judged extends KubernetesObject {
  readonly spec?: { readonly parentRefs?: readonly Reference[] };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly parents?: readonly {
      readonly parentRef: Reference;
      readonly conditions?: readonly Condition[];
    }[];
  };
}

/**
 * Whether istiod has made routes of what was applied. Its store has an object some time before: the routes of Gateway
 * API come out of a computation of its own, which writes the objects' status in one go with its result. It does so for
 * wrong ones too, so that nothing here depends on whether they are good; only of a route without a Gateway says nobody
 * anything.
 */
export async function takenUp(
  cluster: Cluster,
  applied: readonly KubernetesObject[],
): Promise<Try<undefined>> {
  const own = applied.filter(isGatewayApi);
  const gateways = new Set(own.filter(({ kind }) => kind === 'Gateway').map(keyOf));
  for (const { apiVersion = '', kind = '', metadata } of own) {
    if (kind === 'ReferenceGrant') continue;
    const { name = '', namespace = '' } = metadata ?? {};
    const now = await cluster.objects.read<Judged>({ apiVersion, kind, metadata: { name, namespace } });
    if (verdictsOf(now, gateways).every((verdict) => isAbout(verdict, now))) continue;
    return notYet(`istiod has said nothing of ${nameOf(now)} yet`);
  }
  return done(undefined);
}

const keyOf = ({ metadata }: KubernetesObject): string =>
  `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;

/** What is said of an object, once for each Gateway that it is bound to; undefined where nothing is. */
function verdictsOf(
  { spec, status, metadata }: Judged,
  gateways: ReadonlySet<string>,
): (readonly Condition[] | undefined)[] {
  if (spec?.parentRefs === undefined) return [status?.conditions];
  const key = ({ name = '', namespace = metadata?.namespace ?? '' }: Reference) => `${namespace}/${name}`;
  return spec.parentRefs
    .filter((parent) => gateways.has(key(parent)))
    .map((parent) => status?.parents?.find(({ parentRef }) => key(parentRef) === key(parent))?.conditions);
}

const isAbout = (verdict: readonly Condition[] | undefined, { metadata }: KubernetesObject): boolean =>
  verdict !== undefined &&
  verdict.length > 0 &&
  verdict.every(({ observedGeneration = 0 }) => observedGeneration >= (metadata?.generation ?? 0));
