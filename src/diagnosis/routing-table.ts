import type { RequestFacts } from './evidence.ts';
import type { HttpRoute, VirtualService } from './istio-objects.ts';

type Match = HttpRoute['match'][number];
type StringMatch = NonNullable<Match['uri']>;

/** One entry of a VirtualService's `http`, and where it stands. */
export interface RouteEntry {
  readonly virtualService: VirtualService;
  readonly index: number;
  readonly route: HttpRoute;
}

/** The field path of an entry: `spec.http[0]`. */
export const fieldOf = ({ index }: RouteEntry): string => `spec.http[${index}]`;

/** Whether a host of a Gateway or a VirtualService covers a name. A Gateway's may carry a namespace before a slash. */
export function coversHost(host: string, name: string): boolean {
  const pattern = host.replace(/^[^/]*\//, '').toLowerCase();
  if (pattern === '*') return true;
  return pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : pattern === name;
}

/** An authority as Istio's routes see it: in lower case and without its port (IgnorePortInHostMatching). */
export const hostName = (authority: string): string => authority.toLowerCase().replace(/:\d+$/, '');

const textMatches = ({ exact, prefix, regex }: StringMatch, text: string | undefined): boolean => {
  if (text === undefined) return false;
  if (exact !== undefined) return text === exact;
  if (prefix !== undefined) return text.startsWith(prefix);
  if (regex === undefined) return true;
  try {
    return new RegExp(`^(?:${regex})$`).test(text);
  } catch {
    // RE2 knows what JavaScript does not; then nothing can be said of it.
    return false;
  }
};

function matches(match: Match, request: RequestFacts): boolean {
  const fields = Object.entries(match.headers ?? {});
  const without = Object.entries(match.withoutHeaders ?? {});
  return (
    (match.uri === undefined || textMatches(match.uri, request.path)) &&
    (match.method === undefined || textMatches(match.method, request.verb)) &&
    (match.port === undefined || match.port === request.port) &&
    (match.authority === undefined || textMatches(match.authority, hostName(request.authority))) &&
    fields.every(([name, wanted]) => textMatches(wanted, request.headers[name.toLowerCase()])) &&
    without.every(([name, unwanted]) => !textMatches(unwanted, request.headers[name.toLowerCase()]))
  );
}

/** Whether it takes every request. */
export const isCatchAll = ({ route }: RouteEntry): boolean =>
  route.match.length === 0 ||
  route.match.some((match) => Object.keys(match).join() === 'uri' && match.uri?.prefix === '/');

/** Every entry, as it stands. */
export const allEntries = (virtualServices: readonly VirtualService[]): RouteEntry[] =>
  virtualServices.flatMap((virtualService) =>
    virtualService.spec.http.map((route, index) => ({ virtualService, index, route })),
  );

/** Whether one of its hosts covers the authority. */
export const isForHost = ({ spec }: VirtualService, authority: string): boolean =>
  spec.hosts.some((host) => coversHost(host, hostName(authority)));

/**
 * The entries that a request on a host meets, in the order in which the gateway tries them. What stands behind a
 * catch-all of its own VirtualService is never reached and comes last here. VirtualServices on one host are put one
 * behind the other, and their catch-alls go to the end (istio, pilot/pkg/networking/core/route).
 */
export function entriesFor(
  virtualServices: readonly VirtualService[],
  { authority }: RequestFacts,
): RouteEntry[] {
  const before: RouteEntry[] = [];
  const catchAlls: RouteEntry[] = [];
  const unreached: RouteEntry[] = [];
  for (const virtualService of virtualServices.filter((each) => isForHost(each, authority))) {
    const entries = allEntries([virtualService]);
    const first = entries.findIndex(isCatchAll);
    const end = first < 0 ? entries.length : first;
    before.push(...entries.slice(0, end));
    catchAlls.push(...entries.slice(end, end + 1));
    unreached.push(...entries.slice(end + 1));
  }
  return [...before, ...catchAlls, ...unreached];
}

/** The entries that match a request; the first one counts. */
export const matching = (entries: readonly RouteEntry[], request: RequestFacts): RouteEntry[] =>
  entries.filter(
    ({ route }) => route.match.length === 0 || route.match.some((match) => matches(match, request)),
  );
