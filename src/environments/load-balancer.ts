import { type V1Service, makeInformer } from '@kubernetes/client-node';
import { messageOf } from '../errors.ts';
import type { Cluster } from '../kubernetes/cluster.ts';

/** The next free address for a Service, or undefined when there is none left. */
export type Allocate = (taken: ReadonlySet<string>) => string | undefined;

/** Addresses `prefix`.1 to `prefix`.254, lowest free one first. */
export const allocateFrom =
  (prefix: string): Allocate =>
  (taken) => {
    for (let host = 1; host < 255; host++) {
      const address = `${prefix}.${host}`;
      if (!taken.has(address)) return address;
    }
    return undefined;
  };

/**
 * Gives every Service of type LoadBalancer an address, as a cloud provider's controller does: kube-proxy
 * serves whatever address stands in `status.loadBalancer`, and it only has to be routed to the node.
 *
 * @param report told of trouble; the controller goes on
 * @returns a function that stops it
 */
export async function runLoadBalancerController(
  cluster: Cluster,
  allocate: Allocate,
  report: (trouble: string) => void,
): Promise<() => Promise<void>> {
  const given = new Map<string, string>();
  const keyOf = (service: V1Service) =>
    `${service.metadata?.namespace ?? ''}/${service.metadata?.name ?? ''}`;

  const handle = async (service: V1Service): Promise<void> => {
    if (service.spec?.type !== 'LoadBalancer') return;
    const present = service.status?.loadBalancer?.ingress?.[0]?.ip;
    const key = keyOf(service);
    if (present !== undefined) {
      given.set(key, present);
      return;
    }
    const address = given.get(key) ?? allocate(new Set(given.values()));
    if (address === undefined) {
      report(`no address is left for Service ${key}`);
      return;
    }
    given.set(key, address);
    await cluster.core.patchNamespacedServiceStatus({
      name: service.metadata?.name ?? '',
      namespace: service.metadata?.namespace ?? '',
      body: [{ op: 'add', path: '/status/loadBalancer', value: { ingress: [{ ip: address }] } }],
    });
  };

  const informer = makeInformer(cluster.config, '/api/v1/services', () =>
    cluster.core.listServiceForAllNamespaces(),
  );
  const onService = (service: V1Service) => {
    handle(service).catch((error: unknown) => report(`Service ${keyOf(service)}: ${messageOf(error)}`));
  };
  informer.on('add', onService);
  informer.on('update', onService);
  informer.on('delete', (service) => void given.delete(keyOf(service)));
  informer.on('error', (error: unknown) => {
    report(`watching Services: ${messageOf(error)}`);
    informer.start().catch((again: unknown) => report(messageOf(again)));
  });
  await informer.start();
  return () => informer.stop();
}
