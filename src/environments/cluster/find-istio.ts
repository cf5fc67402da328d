import type { V1Pod } from '@kubernetes/client-node';
import { SetupError, UsageError } from '../../errors.ts';
import { isReady } from '../../kubernetes/readiness.ts';
import { ISTIOD_SELECTOR } from '../mesh-view.ts';
import { type Placement, selectorOf } from '../placement.ts';
import type { Connection } from './connect.ts';
import type { ClusterOptions } from './options.ts';

/** `networking.istio.io/v1`, which the manifests are written in, came with it. */
const OLDEST = [1, 22] as const;

const REVISION = 'istio.io/rev';

/** Whether the cluster has a control plane at all. */
export async function hasIstio({ cluster }: Connection): Promise<boolean> {
  const { items } = await cluster.core.listPodForAllNamespaces({ labelSelector: ISTIOD_SELECTOR });
  return items.length > 0;
}

/**
 * Finds istiod and the gateway.
 *
 * @throws SetupError when there is none of either, or more than one to choose from
 */
export async function findIstio(
  connection: Connection,
  { namespace, gatewaySelector }: Pick<ClusterOptions, 'namespace' | 'gatewaySelector'>,
): Promise<Placement> {
  const { cluster } = connection;
  const istiods = await cluster.core.listPodForAllNamespaces({ labelSelector: ISTIOD_SELECTOR });
  if (istiods.items.length === 0) {
    throw new SetupError(
      `there is no Istio in ${connection.title}: no pod has the label ${ISTIOD_SELECTOR}`,
      {
        hint: 'Install it, or give --install-istio and it is installed for the run and removed afterwards.',
      },
    );
  }
  const gateways = await gatewayPods(connection, gatewaySelector);
  const [gateway] = gateways;
  const revision = revisionOf(istiods.items, gateway);
  const own = istiods.items.filter((pod) => pod.metadata?.labels?.[REVISION] === revision);
  const [control, ...others] = [...new Set(own.map((pod) => pod.metadata?.namespace ?? ''))];
  if (control === undefined || others.length > 0) {
    throw new SetupError(
      `istiod runs in several namespaces of ${connection.title}: ${[control, ...others].join(', ')}`,
    );
  }
  return {
    samples: namespace,
    gateway: gateway.metadata?.namespace ?? '',
    gatewayLabels: gatewaySelector.labels,
    control,
    istiodLabels: { app: 'istiod', ...(revision === undefined ? {} : { [REVISION]: revision }) },
  };
}

async function gatewayPods(
  { cluster, title }: Connection,
  { namespace, labels }: ClusterOptions['gatewaySelector'],
): Promise<readonly [V1Pod, ...V1Pod[]]> {
  const labelSelector = selectorOf(labels);
  const { items } = await (namespace === undefined
    ? cluster.core.listPodForAllNamespaces({ labelSelector })
    : cluster.core.listNamespacedPod({ namespace, labelSelector }));
  const where = namespace === undefined ? '' : `${namespace}/`;
  const [first, ...rest] = items;
  if (first === undefined) {
    throw new SetupError(`no gateway was found in ${title}: no pod is selected by ${where}${labelSelector}`, {
      hint: `Give its labels by --gateway-selector.${await candidates({ cluster })}`,
    });
  }
  const namespaces = [...new Set(items.map((pod) => pod.metadata?.namespace ?? ''))];
  if (namespaces.length > 1) {
    throw new UsageError(
      `${labelSelector} selects gateways in several namespaces: ${namespaces.join(', ')}`,
      {
        hint: `Choose by --gateway-selector, such as ${namespaces[0] ?? ''}/${labelSelector}.`,
      },
    );
  }
  if (!items.some(isReady)) {
    throw new SetupError(`no pod of the gateway ${namespaces[0] ?? ''}/${labelSelector} is Ready`);
  }
  return [first, ...rest];
}

/** What else could be a gateway: Istio's charts give each a value of its own for the label `istio`. */
async function candidates({ cluster }: Pick<Connection, 'cluster'>): Promise<string> {
  const { items } = await cluster.core.listPodForAllNamespaces({ labelSelector: 'istio,istio!=pilot' });
  const found = items.map(
    ({ metadata }) => `${metadata?.namespace ?? ''}/istio=${metadata?.labels?.istio ?? ''}`,
  );
  return found.length === 0 ? '' : ` These look like gateways: ${[...new Set(found)].join(', ')}.`;
}

/** Of several control planes, the one that the gateway belongs to. */
function revisionOf(istiods: readonly V1Pod[], gateway: V1Pod): string | undefined {
  const revisions = [...new Set(istiods.map((pod) => pod.metadata?.labels?.[REVISION]))];
  if (revisions.length === 1) return revisions[0];
  const own = gateway.metadata?.labels?.[REVISION];
  if (revisions.includes(own)) return own;
  throw new SetupError(
    `there are several control planes (${revisions.map((each) => each ?? 'without a revision').join(', ')}), and the gateway's label ${REVISION} names none of them`,
  );
}

/**
 * @param running as istiod says it
 * @param asked by `--istio-version`
 * @throws SetupError when expectations are not written for it, or it is not the one that was asked for
 */
export function refuseVersion(running: string, asked: string | undefined): void {
  const [major = 0, minor = 0] = running.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new SetupError(`Istio ${running} is too old: the manifests need ${OLDEST.join('.')} or later`, {
      hint: 'networking.istio.io/v1 came with it.',
    });
  }
  if (
    asked !== undefined &&
    running !== asked &&
    !running.startsWith(`${asked}.`) &&
    !running.startsWith(`${asked}-`)
  ) {
    throw new SetupError(`the cluster runs Istio ${running}, and --istio-version asks for ${asked}`, {
      hint: 'Leave --istio-version out to take what runs there.',
    });
  }
}
