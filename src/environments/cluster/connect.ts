import { readFile } from 'node:fs/promises';
import { ApiException, KubeConfig } from '@kubernetes/client-node';
import { SetupError, UsageError, WaitTimeoutError, messageOf } from '../../errors.ts';
import { Cluster } from '../../kubernetes/cluster.ts';
import { TIMEOUTS } from '../../timeouts.ts';
import { done, waitFor } from '../../waiting.ts';
import type { ClusterOptions } from './options.ts';

/** A cluster whose API server answers. */
export interface Connection {
  readonly cluster: Cluster;
  /** As errors and reports name it: the context, and where its API server is. */
  readonly title: string;
  readonly kubernetes: string;
}

/**
 * Connects to the cluster that is meant, and to no other.
 *
 * @throws UsageError when the kubeconfig or the context is not usable
 * @throws SetupError within `TIMEOUTS.apiServer` when the API server does not answer, or not to this user
 */
export async function connect(
  { kubeconfig, context }: Pick<ClusterOptions, 'kubeconfig' | 'context'>,
  signal: AbortSignal,
): Promise<Connection> {
  const contexts = await contextsOf(kubeconfig);
  if (context !== undefined && !contexts.includes(context)) {
    throw new UsageError(`${kubeconfig} has no context "${context}"`, {
      hint: contexts.length > 0 ? `It has: ${contexts.join(', ')}.` : 'It has none.',
    });
  }
  const cluster = new Cluster(kubeconfig, context);
  const server = cluster.config.getCurrentCluster()?.server ?? '';
  const title = `${cluster.config.getCurrentContext()} (${server})`;
  const { gitVersion } = await waitFor(
    {
      subject: `the API server of ${title}`,
      deadlineMs: TIMEOUTS.apiServer,
      tryMs: TIMEOUTS.apiServer,
      signal,
      // What it answers, it would answer again.
      isFinal: () => true,
    },
    async () => done(await cluster.version.getCode()),
  ).catch((error: unknown) => {
    signal.throwIfAborted();
    throw unreachable(title, cluster, error);
  });
  return { cluster, title, kubernetes: gitVersion };
}

async function contextsOf(kubeconfig: string): Promise<string[]> {
  const config = new KubeConfig();
  try {
    config.loadFromString(await readFile(kubeconfig, 'utf8'));
    return config.getContexts().map(({ name }) => name);
  } catch (error) {
    throw new UsageError(`${kubeconfig} cannot be read as a kubeconfig`, {
      cause: error,
      hint: 'Give --kubeconfig the file that kubectl would use.',
    });
  }
}

function unreachable(title: string, cluster: Cluster, error: unknown): SetupError {
  if (error instanceof ApiException && (error.code === 401 || error.code === 403)) {
    const user = cluster.config.getCurrentUser()?.name ?? 'nobody';
    return new SetupError(
      `the API server of ${title} does not know the user "${user}" (HTTP ${error.code})`,
      {
        hint: 'Renew the credentials in the kubeconfig, or choose another --context.',
      },
    );
  }
  const how = error instanceof WaitTimeoutError ? 'gives no answer' : 'cannot be reached';
  const hint = `Try "kubectl ${cluster.kubectlArguments.join(' ')} version".`;
  if (error instanceof WaitTimeoutError)
    return new SetupError(`the API server of ${title} ${how} in ${TIMEOUTS.apiServer / 1000} s`, { hint });
  return new SetupError(`the API server of ${title} ${how}: ${messageOf(error)}`, { hint });
}
