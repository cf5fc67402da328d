import { byRank } from '../diagnosis/gateway-api-matches.ts';
import { coversHost, entriesTaking } from '../diagnosis/route-selection.ts';
import type { GatewayServer, HttpEntry, Ingress } from './entries.ts';

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
  const isSorted = ({ precedence }: HttpEntry) => precedence !== undefined;
  const sorted = [
    ...entries.filter((entry) => !isSorted(entry)),
    ...entries.filter(isSorted).toSorted(byPrecedence),
  ];
  const candidates = sorted.map((entry, place) => {
    const { hosts, index, match = [], precedence } = entry;
    const { name = '', namespace = '' } = entry.source.object.metadata ?? {};
    // Istio makes one list of all routes of a host at a Gateway.
    return precedence === undefined
      ? { entry, hosts, owner: { name, namespace }, index, match }
      : { entry, hosts, owner: { name: '', namespace: '' }, index: place, match };
  });
  return entriesTaking(candidates, { authority: host, path, verb, headers: lowerCase(headers), port })[0];
}

/** The routes of Gateway API among themselves: by their matches, else by name, and as they are written. */
function byPrecedence(a: HttpEntry, b: HttpEntry): number {
  const ranked = ({ match = [], precedence = { rank: 0, length: 0 } }: HttpEntry) => ({
    match: match[0] ?? {},
    ...precedence,
  });
  const key = ({ source }: HttpEntry) =>
    `${source.object.metadata?.namespace ?? ''}/${source.object.metadata?.name ?? ''}`;
  return byRank(ranked(a), ranked(b)) || (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.index - b.index);
}

const lowerCase = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** Whether a host of a Gateway or a VirtualService (`*.example.com`, `*`) takes a host that is called. */
export const hostFits = (pattern: string, host: string): boolean => coversHost(pattern, host.toLowerCase());

/** The servers at which a host is reached and that have a route for it. */
export function serversOf(ingress: Ingress, host: string): GatewayServer[] {
  const bound = new Set(
    [...ingress.entries, ...ingress.redirects]
      .filter(({ hosts }) => hosts.some((pattern) => hostFits(pattern, host)))
      .flatMap(({ gateways }) => gateways),
  );
  return ingress.servers.filter(
    ({ keys, hosts }) =>
      keys.some((key) => bound.has(key)) && hosts.some((pattern) => hostFits(pattern, host)),
  );
}
