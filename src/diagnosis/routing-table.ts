import type { RequestFacts } from './evidence.ts';
import { byRank } from './gateway-api-matches.ts';
import type { ApiRoute } from './gateway-api-routes.ts';
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

/** Whether an object is a route of Gateway API, whose fields have other names. */
const isApiRoute = (object: VirtualService): object is ApiRoute => 'ranked' in object;

/** What rules point at within an entry, and what it is called in Gateway API. */
const IN_GATEWAY_API = {
  match: 'matches',
  'route[0].destination': 'backendRefs[0]',
  'route[0].destination.host': 'backendRefs[0].name',
  route: 'backendRefs',
  timeout: 'timeouts.request',
  mirrors: 'filters',
  rewrite: 'filters',
  'headers.request': 'filters',
  'headers.response': 'filters',
} as const;

/**
 * The field path of an entry, `spec.http[0]`, or of something in it; of a route of Gateway API in its own words,
 * `spec.rules[0].matches`.
 */
export function fieldOf({ virtualService, index }: RouteEntry, within?: keyof typeof IN_GATEWAY_API): string {
  return isApiRoute(virtualService)
    ? [`spec.rules[${index}]`, ...(within === undefined ? [] : [IN_GATEWAY_API[within]])].join('.')
    : [`spec.http[${index}]`, ...(within === undefined ? [] : [within])].join('.');
}

/** The field with the hosts of a VirtualService, or of a route of Gateway API. */
export const hostsField = (object: VirtualService): string =>
  isApiRoute(object) ? 'spec.hostnames' : 'spec.hosts';

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

/**
 * Of VirtualServices each entry as it stands. Routes of Gateway API are laid out as one list of all matches of a host at
 * a Gateway, whatever object they are from.
 */
function candidatesOf(entries: readonly RouteEntry[]): Candidate<RouteEntry>[] {
  const ranked = entries.flatMap((entry) => {
    const { virtualService, index } = entry;
    return isApiRoute(virtualService)
      ? (virtualService.ranked[index] ?? []).map((match) => ({ entry, virtualService, match }))
      : [];
  });
  const key = ({ virtualService: { namespace, name } }: (typeof ranked)[number]) => `${namespace}/${name}`;
  const sorted = ranked.toSorted((a, b) => byRank(a.match, b.match) || key(a).localeCompare(key(b)));
  return [
    ...entries
      .filter(({ virtualService }) => !isApiRoute(virtualService))
      .map((entry) => ({
        entry,
        hosts: entry.virtualService.spec.hosts,
        owner: entry.virtualService,
        index: entry.index,
        match: entry.route.match,
      })),
    ...sorted.map(({ entry, virtualService, match }, place) => ({
      entry,
      hosts: virtualService.spec.hosts,
      owner: { name: '', namespace: '' },
      index: place,
      match: [match.match],
    })),
  ];
}

/**
 * The entries that a request on a host meets, in the order in which the gateway tries them. What stands behind a
 * catch-all of its own VirtualService is never reached and comes last here.
 */
export function entriesFor(
  virtualServices: readonly VirtualService[],
  { authority }: RequestFacts,
): RouteEntry[] {
  const { reached, unreached } = routesOf(candidatesOf(allEntries(virtualServices)), authority);
  return [...new Set([...reached.map(({ entry }) => entry), ...unreached])];
}

/** The entries that match a request; the first one counts. Those that are never reached come last. */
export function matching(entries: readonly RouteEntry[], request: RequestFacts): RouteEntry[] {
  const taking = entriesTaking(candidatesOf(entries), request);
  const others = entries.filter((each) => !taking.includes(each));
  return [...taking, ...others.filter(({ route }) => entryTakes(route.match, request))];
}
