import { PatchStrategy, type V1Deployment, type V1Pod } from '@kubernetes/client-node';
import { SetupError } from '../errors.ts';
import { TIMEOUTS } from '../timeouts.ts';
import { done, notYet, waitFor } from '../waiting.ts';
import { hasStatus } from './apply.ts';
import type { Cluster } from './cluster.ts';

/** Why a pod is not ready, in the words of its own status. */
function describePod(pod: V1Pod): string {
  const name = pod.metadata?.name ?? '?';
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  for (const status of statuses) {
    const waiting = status.state?.waiting;
    if (waiting?.reason && waiting.reason !== 'PodInitializing') {
      return `${name}: ${status.name} ${waiting.reason}${waiting.message ? ` (${waiting.message})` : ''}`;
    }
    const ended = status.state?.terminated;
    if (ended && ended.exitCode !== 0)
      return `${name}: ${status.name} ended with exit code ${ended.exitCode}`;
  }
  const unready = pod.status?.conditions?.find(
    (condition) => condition.status !== 'True' && condition.message,
  );
  return `${name}: ${unready?.message ?? pod.status?.phase ?? 'unknown'}`;
}

class CrashLoop extends SetupError {}

const isCrashing = (pod: V1Pod) =>
  pod.status?.containerStatuses?.some((status) => status.state?.waiting?.reason === 'CrashLoopBackOff') ??
  false;

async function describeCrash(cluster: Cluster, pod: V1Pod): Promise<string> {
  const container = pod.status?.containerStatuses?.find(
    (status) => status.state?.waiting?.reason === 'CrashLoopBackOff',
  );
  const { name = '', namespace = '' } = pod.metadata ?? {};
  const log = await cluster.core
    .readNamespacedPodLog({
      name,
      namespace,
      container: container?.name ?? '',
      previous: true,
      tailLines: 12,
    })
    .catch(() => '');
  const lines = log
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`);
  return `pod ${namespace}/${name} keeps ending (container ${container?.name ?? '?'}). Its last lines:\n${lines.join('\n')}`;
}

function isRolledOut(deployment: V1Deployment): boolean {
  const wanted = deployment.spec?.replicas ?? 1;
  const status = deployment.status ?? {};
  return (
    (status.observedGeneration ?? 0) >= (deployment.metadata?.generation ?? 0) &&
    (status.updatedReplicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted
  );
}

/**
 * Waits until a Deployment's current generation runs with all its pods available and no older pod is left.
 *
 * @throws WaitTimeoutError whose last-seen text is what its worst pod says of itself
 * @throws SetupError at once when a pod crashes over and over, with its last lines
 */
export async function waitForRollout(
  cluster: Cluster,
  namespace: string,
  name: string,
  signal?: AbortSignal,
): Promise<void> {
  await waitFor(
    {
      subject: `Deployment ${namespace}/${name} to be available`,
      deadlineMs: TIMEOUTS.rollout,
      intervalMs: 100,
      ...(signal ? { signal } : {}),
      isFinal: (error) => error instanceof CrashLoop,
    },
    async () => {
      const deployment = await cluster.apps
        .readNamespacedDeployment({ namespace, name })
        .catch((error: unknown) => {
          if (hasStatus(error, 404)) return undefined;
          throw error;
        });
      if (!deployment) return notYet('no such Deployment');
      if (isRolledOut(deployment)) return done(undefined);
      const selector = Object.entries(deployment.spec?.selector.matchLabels ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .join(',');
      const pods = await cluster.core.listNamespacedPod({ namespace, labelSelector: selector });
      const crashing = pods.items.find(isCrashing);
      // It will not get better by waiting, and the container's last words say why.
      if (crashing) throw new CrashLoop(await describeCrash(cluster, crashing));
      const unready = pods.items.find((pod) => !isReady(pod));
      return notYet(unready ? describePod(unready) : 'no pods yet');
    },
  );
}

/** What of a pod template changes; null takes an annotation away. */
export interface PodTemplatePatch {
  readonly metadata?: { readonly annotations: Readonly<Record<string, string | null>> };
  readonly spec?: { readonly containers: readonly { readonly name: string; readonly image: string }[] };
}

/**
 * Replaces every pod of some Deployments, and returns when the new ones are available and the old ones on their way
 * out.
 *
 * @param labelSelector of the Deployments
 * @param changed how the new pods differ, as a strategic merge patch of the pod template
 * @throws SetupError when there is none
 * @throws WaitTimeoutError, SetupError as {@link waitForRollout} does
 */
export async function restartDeployments(
  cluster: Cluster,
  namespace: string,
  labelSelector: string,
  signal: AbortSignal,
  changed: PodTemplatePatch = {},
): Promise<void> {
  const restartedAt = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
  const template = {
    ...changed,
    metadata: { annotations: { ...changed.metadata?.annotations, ...restartedAt } },
  };
  await patchDeployments(cluster, namespace, labelSelector, { template }, signal);
}

/**
 * Changes some Deployments one after the other, each awaited until it has rolled out.
 *
 * @param labelSelector of the Deployments
 * @param spec what changes of them, as a strategic merge patch
 * @throws SetupError when there is none
 * @throws WaitTimeoutError, SetupError as {@link waitForRollout} does
 */
export async function patchDeployments(
  cluster: Cluster,
  namespace: string,
  labelSelector: string,
  spec: object,
  signal: AbortSignal,
): Promise<void> {
  const { items } = await cluster.apps.listNamespacedDeployment({ namespace, labelSelector });
  if (items.length === 0) throw new SetupError(`no Deployment with ${labelSelector} is in ${namespace}`);
  for (const { metadata } of items) {
    const object = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: metadata?.name ?? '', namespace },
      spec,
    };
    await cluster.objects.patch(
      object,
      undefined,
      undefined,
      undefined,
      undefined,
      PatchStrategy.StrategicMergePatch,
    );
    await waitForRollout(cluster, namespace, metadata?.name ?? '', signal);
  }
}

export const isReady = (pod: V1Pod) =>
  pod.metadata?.deletionTimestamp === undefined &&
  (pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ??
    false);

/** The address that a LoadBalancer Service has been given. */
export async function waitForLoadBalancer(
  cluster: Cluster,
  namespace: string,
  name: string,
  signal?: AbortSignal,
): Promise<string> {
  return waitFor(
    {
      subject: `Service ${namespace}/${name} to get an address`,
      deadlineMs: TIMEOUTS.loadBalancerAddress,
      ...(signal ? { signal } : {}),
    },
    async () => {
      const service = await cluster.core.readNamespacedService({ namespace, name });
      const address = service.status?.loadBalancer?.ingress?.[0];
      const value = address?.ip ?? address?.hostname;
      return value === undefined ? notYet('status.loadBalancer is empty') : done(value);
    },
  );
}
