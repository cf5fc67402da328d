import type { V1Pod } from '@kubernetes/client-node';
import { TIMEOUTS } from '../timeouts.ts';
import { done, notYet, waitFor } from '../waiting.ts';
import type { Cluster } from './cluster.ts';

/** Whether a pod is on its way out. */
const isEnding = ({ metadata }: V1Pod): boolean => metadata?.deletionTimestamp !== undefined;

/**
 * Waits until some pods of a namespace are gone.
 *
 * @param which of those of the selector; default those that are on their way out
 * @throws WaitTimeoutError when they stay
 */
export function waitUntilGone(
  cluster: Cluster,
  namespace: string,
  labelSelector: string,
  signal: AbortSignal,
  which: (pod: V1Pod) => boolean = isEnding,
): Promise<void> {
  const whose = labelSelector === '' ? `of ${namespace}` : `with ${labelSelector}`;
  return waitFor(
    { subject: `the old pods ${whose} to be gone`, deadlineMs: TIMEOUTS.rollout, signal },
    async () => {
      const { items } = await cluster.core.listNamespacedPod({
        namespace,
        ...(labelSelector === '' ? {} : { labelSelector }),
      });
      const there = items.filter(which).length;
      return there === 0 ? done(undefined) : notYet(`${there} are there`);
    },
  );
}
