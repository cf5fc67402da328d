import { PassThrough, type Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { type KubeConfig, Log, type RequestContext } from '@kubernetes/client-node';
import { SetupError, messageOf } from '../errors.ts';
import type { Cluster } from './cluster.ts';

/** The same configuration for requests that may be silent for as long as they like; undici gives up after 5 minutes. */
function patient(config: KubeConfig): KubeConfig {
  const authenticate = async (context: RequestContext): Promise<void> => {
    await config.applySecurityAuthentication(context);
    const dispatcher = context.getDispatcher();
    if (dispatcher !== undefined)
      context.setDispatcher(
        dispatcher.compose(
          (dispatch) => (options, handler) => dispatch({ ...options, bodyTimeout: 0 }, handler),
        ),
      );
  };
  return Object.assign(Object.create(config) as KubeConfig, { applySecurityAuthentication: authenticate });
}

async function* followLog(
  cluster: Cluster,
  namespace: string,
  pod: string,
  container: string,
  signal: AbortSignal,
  sinceSeconds?: number,
): AsyncGenerator<string, void, undefined> {
  const stream = new PassThrough();
  // Log pipes, which ends nothing when the connection breaks off: a log that is gone would look like a silent one.
  stream.once('pipe', (source: Readable) => {
    source.once('error', (error) => stream.destroy(error));
  });
  const controller = await new Log(patient(cluster.config)).log(namespace, pod, container, stream, {
    follow: true,
    ...(sinceSeconds === undefined ? { tailLines: 0 } : { sinceSeconds }),
  });
  const stop = () => {
    controller.abort();
    stream.end();
  };
  signal.addEventListener('abort', stop, { once: true });
  stream.on('error', () => undefined);
  try {
    yield* createInterface({ input: stream, crlfDelay: Infinity });
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

/**
 * The lines that a container of several pods writes from now on, until `signal` aborts.
 *
 * @param sinceSeconds also what they wrote in so many last seconds; default: nothing from before
 * @throws SetupError when the log of any of them ends
 */
export async function* followLogs(
  cluster: Cluster,
  namespace: string,
  pods: readonly string[],
  container: string,
  signal: AbortSignal,
  sinceSeconds?: number,
): AsyncGenerator<string, void, undefined> {
  const merged = new PassThrough({ objectMode: true });
  const pump = async (pod: string): Promise<void> => {
    for await (const line of followLog(cluster, namespace, pod, container, signal, sinceSeconds))
      merged.write(line);
    throw new SetupError(`the log of pod ${namespace}/${pod} has ended`);
  };
  for (const pod of pods) {
    pump(pod).catch((error: unknown) => merged.destroy(error instanceof Error ? error : undefined));
  }
  for await (const line of merged) yield line as string;
}

/** Lines of each container that {@link tailLogs} reads. */
const TAIL_LINES = 200;

/** The last lines of every container in some namespaces, by `namespace.pod.container`. */
export async function tailLogs(
  cluster: Cluster,
  namespaces: readonly string[],
): Promise<Record<string, string>> {
  const lists = await Promise.all(
    namespaces.map((namespace) => cluster.core.listNamespacedPod({ namespace })),
  );
  const containers = lists
    .flatMap(({ items }) => items)
    .flatMap((pod) =>
      (pod.spec?.containers ?? []).map((container) => ({
        namespace: pod.metadata?.namespace ?? '',
        name: pod.metadata?.name ?? '',
        container: container.name,
      })),
    );
  const logs = await Promise.all(
    containers.map(async (each): Promise<[string, string]> => {
      const text = await cluster.core
        .readNamespacedPodLog({ ...each, tailLines: TAIL_LINES })
        .catch((error: unknown) => `not to be had: ${messageOf(error)}\n`);
      return [`${each.namespace}.${each.name}.${each.container}`, text];
    }),
  );
  return Object.fromEntries(logs);
}
