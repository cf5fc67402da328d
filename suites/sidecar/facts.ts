import type { PodInvocation } from '../../src/clients/invocation.ts';
import { METHODS } from '../requests.ts';

/** What the cases behind sidecars have in common. */
export const FACTS = { row: 'S12', configuration: 'sidecar', needs: ['injection'] } as const;

/** The orders behind sidecars: two pods. */
export const SERVICE = 'sidecar-orders';

/** One order, asked for by the client behind a sidecar. */
export const ask = (service: string = SERVICE): PodInvocation => ({
  client: 'pod',
  from: 'sidecar-caller',
  target: `dns:///${service}.default.svc.cluster.local:50051`,
  method: METHODS['order-service'].unary,
  deadlineMs: 10_000,
});

/** How a server's sidecar tells the server who came (Envoy: x-forwarded-client-cert). */
export const cameFrom = (namespace: string, account: string) =>
  ({
    'x-forwarded-client-cert': new RegExp(`URI=spiffe://cluster\\.local/ns/${namespace}/sa/${account}$`),
  }) as const;
