import type { RequestFacts } from './evidence.ts';
import type { HttpRoute, VirtualService } from './istio-objects.ts';
import {
  type Candidate,
  coversHost,
  entriesTaking,
  entryTakes,
  hostName,
  isCatchAllMatch,
  routesOf,
} from './route-selection.ts';

/** An entry of a VirtualService's `http`, and where it stands. */
export interface RouteEntry {
  readonly virtualService: VirtualService;
  readonly index: number;
  readonly route: HttpRoute;
}

/** The field path of an entry: `spec.http[0]`. */
export const fieldOf = ({ index }: RouteEntry): string => `spec.http[${index}]`;

/** Whether it takes every request. */
export const isCatchAll = ({ route }: RouteEntry): boolean =>
  route.match.length === 0 || route.match.some(isCatchAllMatch);

/** Every entry, as it stands. */
export const allEntries = (virtualServices: readonly VirtualService[]): RouteEntry[] =>
  virtualServices.flatMap((virtualService) =>
    virtualService.spec.http.map((route, index) => ({ virtualService, index, route })),
  );

/** Whether one of its hosts covers the authority. */
export const isForHost = ({ spec }: VirtualService, authority: string): boolean =>
  spec.hosts.some((host) => coversHost(host, hostName(authority)));

const candidateOf = (entry: RouteEntry): Candidate<RouteEntry> => ({
  entry,
  hosts: entry.virtualService.spec.hosts,
  owner: entry.virtualService,
  index: entry.index,
  match: entry.route.match,
});

/**
 * The entries that a request on a host meets, in the order in which the gateway tries them. What stands behind a
 * catch-all of its own VirtualService is never reached and comes last here.
 */
export function entriesFor(
  virtualServices: readonly VirtualService[],
  { authority }: RequestFacts,
): RouteEntry[] {
  const { reached, unreached } = routesOf(allEntries(virtualServices).map(candidateOf), authority);
  return [...new Set(reached.map(({ entry }) => entry)), ...unreached];
}

/** The entries that match a request; the first one counts. Those that are never reached come last. */
export function matching(entries: readonly RouteEntry[], request: RequestFacts): RouteEntry[] {
  const taking = entriesTaking(entries.map(candidateOf), request);
  const others = entries.filter((each) => !taking.includes(each));
  return [...taking, ...others.filter(({ route }) => entryTakes(route.match, request))];
}
