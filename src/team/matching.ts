import { coversHost, entriesTaking } from '../diagnosis/route-selection.ts';
import type { GatewayServer, HttpEntry, Ingress } from './ingress.ts';

/** A request, as far as routes are chosen by it. */
export interface Call {
  readonly host: string;
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Default POST. */
  readonly verb?: string;
  /** Port of the Gateway's server; default whichever the host has. */
  readonly port?: number;
}

/** The entry that takes a call, as Istio lays them out. */
export function entryTaking(entries: readonly HttpEntry[], call: Call): HttpEntry | undefined {
  const { host, path, headers, verb = 'POST', port } = call;
  const candidates = entries.map((entry) => {
    const { name = '', namespace = '' } = entry.virtualService.object.metadata ?? {};
    const { hosts, index, match = [] } = entry;
    return { entry, hosts, owner: { name, namespace }, index, match };
  });
  return entriesTaking(candidates, { authority: host, path, verb, headers: lowerCase(headers), port })[0];
}

const lowerCase = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** Whether a host of a Gateway or a VirtualService (`*.example.com`, `*`) takes a host that is called. */
export const hostFits = (pattern: string, host: string): boolean => coversHost(pattern, host.toLowerCase());

/** The servers at which a host is reached and that have a route for it. */
export function serversOf(ingress: Ingress, host: string): GatewayServer[] {
  const bound = new Set(
    ingress.entries
      .filter(({ hosts }) => hosts.some((pattern) => hostFits(pattern, host)))
      .flatMap(({ gateways }) => gateways),
  );
  return ingress.servers.filter(({ gateway, hosts }) => {
    const { namespace = '', name = '' } = gateway.object.metadata ?? {};
    return bound.has(`${namespace}/${name}`) && hosts.some((pattern) => hostFits(pattern, host));
  });
}
