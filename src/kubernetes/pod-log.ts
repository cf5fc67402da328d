import { PassThrough } from 'node:stream';
import { createInterface } from 'node:readline';
import { Log } from '@kubernetes/client-node';
import type { Cluster } from './cluster.ts';

/**
 * The lines that a container writes from now on, until the pod ends or `signal` aborts.
 *
 * @param sinceSeconds also what it wrote in so many last seconds; default: nothing from before
 */
export async function* followLog(
  cluster: Cluster,
  namespace: string,
  pod: string,
  container: string,
  signal: AbortSignal,
  sinceSeconds?: number,
): AsyncGenerator<string, void, undefined> {
  const stream = new PassThrough();
  const controller = await new Log(cluster.config).log(namespace, pod, container, stream, {
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
