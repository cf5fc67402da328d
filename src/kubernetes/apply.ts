import { ApiException, type KubernetesObject, PatchStrategy } from '@kubernetes/client-node';
import { RefusedError, SetupError, messageOf } from '../errors.ts';
import type { Cluster } from './cluster.ts';

const FIELD_MANAGER = 'meshproof';

/** Kinds that others stand on come first; all else keeps its order. */
const FIRST = ['Namespace', 'CustomResourceDefinition', 'ServiceAccount', 'Secret', 'ConfigMap', 'Service'];

const order = (object: KubernetesObject) => {
  const index = FIRST.indexOf(object.kind ?? '');
  return index < 0 ? FIRST.length : index;
};

/** An object as errors and logs name it: `VirtualService default/grpc-vs`. */
export function nameOf(object: KubernetesObject): string {
  const { name = '?', namespace } = object.metadata ?? {};
  return `${object.kind ?? '?'} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

interface Status {
  readonly message?: string;
  readonly reason?: string;
}

function statusOf(error: ApiException<unknown>): Status {
  const body = error.body;
  if (typeof body === 'string') {
    try {
      return JSON.parse(body) as Status;
    } catch {
      return { message: body };
    }
  }
  return body ?? {};
}

/** True when the API server answered `error` with this HTTP status. */
export const hasStatus = (error: unknown, code: number) =>
  error instanceof ApiException && error.code === code;

/** How server-side apply begins its answer to an object with a field that its schema does not have. */
const UNKNOWN_FIELD = 'failed to create typed patch object';

/**
 * Which answers of an API server are a verdict on the object: 400 and 422 come from the schema and from
 * validating webhooks (denials are 400 or 403 with the webhook's name in them), all else is trouble on the way. One
 * 500 is a verdict too: server-side apply answers so to a field that the schema does not have.
 */
function isRefusal(error: ApiException<unknown>): boolean {
  if (error.code === 400 || error.code === 422) return true;
  if (error.code === 500) return (statusOf(error).message ?? '').includes(UNKNOWN_FIELD);
  return error.code === 403 && (statusOf(error).message ?? '').includes('admission webhook');
}

function translate(object: KubernetesObject, error: unknown): Error {
  if (!(error instanceof ApiException)) {
    const text = messageOf(error);
    // The client resolves kind to a path by discovery; an unknown one never reaches the object's own endpoint.
    if (text.includes('Unrecognized API version and kind')) {
      return new RefusedError(
        nameOf(object),
        `no such kind: ${object.apiVersion ?? '?'}, ${object.kind ?? '?'}`,
        error,
      );
    }
    return new SetupError(`${nameOf(object)} could not be applied`, { cause: error });
  }
  const status = statusOf(error as ApiException<unknown>);
  if (isRefusal(error as ApiException<unknown>)) {
    return new RefusedError(nameOf(object), status.message ?? `HTTP ${error.code}`, error);
  }
  // A group that the API server does not have gets no Status for an answer, but `404 page not found`.
  if (error.code === 404 && status.reason === undefined) {
    return new RefusedError(
      nameOf(object),
      `no such kind: ${object.apiVersion ?? '?'}, ${object.kind ?? '?'}`,
      error,
    );
  }
  return new SetupError(`${nameOf(object)} could not be applied: ${status.message ?? `HTTP ${error.code}`}`);
}

/**
 * Server-side apply, in an order that works.
 *
 * @returns the objects as the API server now has them, with their generation and resourceVersion
 * @throws RefusedError when the schema or an admission webhook says no; objects before it stay applied
 * @throws SetupError for everything else
 */
export async function applyObjects(
  cluster: Cluster,
  objects: readonly KubernetesObject[],
  options: { dryRun?: boolean } = {},
): Promise<KubernetesObject[]> {
  const sorted = objects.toSorted((a, b) => order(a) - order(b));
  const applied: KubernetesObject[] = [];
  for (const object of sorted) {
    try {
      applied.push(
        await cluster.objects.patch(
          object,
          undefined,
          options.dryRun === true ? 'All' : undefined,
          FIELD_MANAGER,
          true,
          PatchStrategy.ServerSideApply,
        ),
      );
    } catch (error) {
      throw translate(object, error);
    }
  }
  return applied;
}

/** Deletes what is there of `objects`; what is not there is fine. */
export async function deleteObjects(cluster: Cluster, objects: readonly KubernetesObject[]): Promise<void> {
  for (const object of objects.toSorted((a, b) => order(b) - order(a))) {
    try {
      await cluster.objects.delete(object, undefined, undefined, undefined, undefined, 'Background');
    } catch (error) {
      if (!hasStatus(error, 404)) throw translate(object, error);
    }
  }
}
