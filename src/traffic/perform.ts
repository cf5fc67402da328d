import { INGRESS_GATEWAY, ISTIOD, type MeshSession } from '../conformance/mesh-session.ts';
import type { Environment } from '../environments/environment.ts';
import { performIstioMove } from '../environments/istio-upgrade.ts';
import { restartNodeComponent } from '../environments/node-components.ts';
import { selectorOf } from '../environments/placement.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { waitUntilGone } from '../kubernetes/leaving.ts';
import { patchDeployments } from '../kubernetes/readiness.ts';
import { delay } from '../waiting.ts';
import type { ChangeStep, Workload } from './change.ts';
import type { WorkloadAuthorities, WorkloadCa } from './workload-ca.ts';

/** What steps are done to. */
export interface ChangeScene {
  readonly session: Pick<MeshSession, 'changeConfiguration' | 'follow' | 'restart'>;
  readonly cluster: Cluster;
  readonly environment: Pick<Environment, 'placement' | 'nodeControl'>;
  readonly authorities: Pick<WorkloadAuthorities, 'use'>;
  readonly signal: AbortSignal;
}

/** A step in words, as a timeline has it. */
export function stepText(step: ChangeStep): string {
  if ('apply' in step) return 'configuration applied';
  if ('restart' in step) return `${step.restart} replaced`;
  if ('proxyConfig' in step)
    return step.proxyConfig === null
      ? 'ingress gateway replaced, with its own settings again'
      : `ingress gateway replaced, with ${JSON.stringify(step.proxyConfig)}`;
  if ('istio' in step) return step.istio.says;
  if ('gatewayImage' in step) return `ingress gateway replaced by ${step.gatewayImage}`;
  if ('scale' in step) return `${step.scale} scaled to ${step.replicas}`;
  if ('kill' in step) return `${step.kill} killed`;
  if ('restartOnNode' in step) return `${step.restartOnNode} restarted`;
  if ('workloadCa' in step) return caText(step.workloadCa);
  return `${step.holdSeconds} s passed`;
}

const caText = (ca: WorkloadCa | null): string =>
  ca === null
    ? 'istiod signs by a CA of its own again'
    : `istiod signs by the ${ca.signs} CA, and has ${ca.trusts.join(' and ')} trusted`;

/**
 * Does the steps, each when the one before is done.
 *
 * @param onStep called when a step begins
 * @throws HarnessError when one could not be done
 */
export async function performSteps(
  steps: readonly ChangeStep[],
  scene: ChangeScene,
  onStep: (step: ChangeStep) => void = () => undefined,
): Promise<void> {
  for (const step of steps) {
    onStep(step);
    await perform(step, scene);
  }
}

async function perform(step: ChangeStep, scene: ChangeScene): Promise<void> {
  const { session, cluster, signal } = scene;
  if ('apply' in step) await session.changeConfiguration(step.apply, false);
  else if ('restart' in step) await session.restart(step.restart);
  else if ('proxyConfig' in step) {
    const { proxyConfig } = step;
    const value = proxyConfig === null ? null : JSON.stringify(proxyConfig);
    await session.restart(INGRESS_GATEWAY, { metadata: { annotations: { [PROXY_CONFIG]: value } } });
  } else if ('gatewayImage' in step) {
    const containers = [{ name: 'istio-proxy', image: step.gatewayImage }];
    await session.restart(INGRESS_GATEWAY, { spec: { containers } });
  } else if ('istio' in step) {
    await performIstioMove(step.istio, cluster, scene.environment.placement, signal);
    await session.follow();
  } else if ('scale' in step) await scale(step.scale, step.replicas, scene);
  else if ('kill' in step) await kill(step.kill, scene);
  else if ('restartOnNode' in step)
    await restartNodeComponent(scene.environment, cluster, step.restartOnNode, signal);
  else if ('workloadCa' in step) await scene.authorities.use(step.workloadCa ?? undefined);
  else await delay(step.holdSeconds * 1000, signal);
}

const PROXY_CONFIG = 'proxy.istio.io/config';

function whereIs(workload: Workload, { environment: { placement } }: ChangeScene) {
  if (workload === ISTIOD)
    return { namespace: placement.control, selector: selectorOf(placement.istiodLabels) };
  if (workload === INGRESS_GATEWAY)
    return { namespace: placement.gateway, selector: selectorOf(placement.gatewayLabels) };
  return { namespace: placement.samples, selector: `app=${workload}` };
}

async function scale(workload: Workload, replicas: number, scene: ChangeScene): Promise<void> {
  const { cluster, signal } = scene;
  const { namespace, selector } = whereIs(workload, scene);
  await patchDeployments(cluster, namespace, selector, { replicas }, signal);
  if (replicas === 0) await waitUntilGone(cluster, namespace, selector, signal, () => true);
}

async function kill(workload: Workload, scene: ChangeScene): Promise<void> {
  const { cluster } = scene;
  const { namespace, selector } = whereIs(workload, scene);
  const { items } = await cluster.core.listNamespacedPod({ namespace, labelSelector: selector });
  await Promise.all(
    items.map(({ metadata }) =>
      cluster.core.deleteNamespacedPod({ name: metadata?.name ?? '', namespace, gracePeriodSeconds: 0 }),
    ),
  );
}

/**
 * Waits until no pod of a workload is on its way out: one that is still ends the streams that it has, and the gateway
 * may not know of it yet.
 */
export function waitForNoneEnding(workload: Workload, scene: ChangeScene): Promise<void> {
  const { namespace, selector } = whereIs(workload, scene);
  return waitUntilGone(scene.cluster, namespace, selector, scene.signal);
}
