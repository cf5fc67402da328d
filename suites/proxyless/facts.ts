import type { PodInvocation } from '../../src/clients/invocation.ts';
import type { Case, Sabotage } from '../../src/conformance/model.ts';
import { METHODS } from '../requests.ts';
import { jsonPatch } from '../patches.ts';

/** What the cases without a proxy have in common. */
export const FACTS = { row: 'S7', configuration: 'proxyless', needs: ['injection'] } as const;

/** The port of every Service of the orders. */
const PORT = 50051;

/** As a library that asks the control plane names a Service of the namespace `default`. */
const xds = (service: string): string => `xds:///${service}.default.svc.cluster.local:${PORT}`;

/** One order, asked for by the client without a proxy. */
export const ask = (service: string): PodInvocation => ({
  client: 'pod',
  from: 'proxyless-caller',
  target: xds(service),
  method: METHODS['order-service'].unary,
  deadlineMs: 10_000,
});

/** The names of the orders by version; the first has two pods, the second one. */
export const V1 = 'proxyless-orders-v1';
export const V2 = 'proxyless-orders-v2';

/** No pod is selected any more. */
export const selectsNobody = (service: string, caughtBy: string): Sabotage => ({
  name: 'a Service that selects nobody',
  change: {
    manifests: [
      jsonPatch('Service', service, { op: 'replace', path: '/spec/selector/app', value: 'nobody' }),
    ],
  },
  caughtBy,
});

/**
 * What a library makes of a line of configuration. `ignored`: as if the line were not there. `rejected`: the RPC fails
 * because of it, though the mesh's sidecars would do as it says.
 */
type Verdict = 'applied' | 'ignored' | 'rejected';

/** One line of the table in docs/proxyless.md, and the case that finds it out. */
export interface Feature {
  /** As a reader knows it, with Istio's own words. */
  readonly feature: string;
  readonly verdict: Verdict;
  readonly case: Case;
}
