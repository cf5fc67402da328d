/** How a text of a request is matched: Istio's StringMatch. Empty, it is one of presence. */
export interface TextMatch {
  readonly exact?: string | undefined;
  readonly prefix?: string | undefined;
  /** RE2, of all of the text. */
  readonly regex?: string | undefined;
}

/** One entry of `match` of a VirtualService's `http`: Istio's HTTPMatchRequest, as far as requests here differ. */
export interface RouteMatch {
  readonly uri?: TextMatch | undefined;
  readonly ignoreUriCase?: boolean | undefined;
  readonly scheme?: TextMatch | undefined;
  readonly method?: TextMatch | undefined;
  readonly authority?: TextMatch | undefined;
  readonly headers?: Readonly<Record<string, TextMatch>> | undefined;
  readonly withoutHeaders?: Readonly<Record<string, TextMatch>> | undefined;
  readonly queryParams?: Readonly<Record<string, TextMatch>> | undefined;
  readonly port?: number | undefined;
}

/** What routes are chosen by. */
export interface RoutedRequest {
  readonly authority: string;
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly verb: string;
  /** In lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Port of the Gateway's server; undefined for whichever the host has. */
  readonly port?: number | undefined;
}

/** An entry of a VirtualService's `http`, by what decides its place among others. */
export interface Candidate<Entry> {
  readonly entry: Entry;
  /** Of its VirtualService. */
  readonly hosts: readonly string[];
  /** Name and namespace of the VirtualService, and when it was created, where that is known. */
  readonly owner: {
    readonly name: string;
    readonly namespace: string;
    readonly created?: string | undefined;
  };
  /** Its place in the VirtualService. */
  readonly index: number;
  /** Empty takes everything. */
  readonly match: readonly RouteMatch[];
}

/** Envoy makes a route of each match of an entry. */
interface Route<Entry> {
  readonly entry: Entry;
  readonly match: RouteMatch;
}

/** Whether a host of a Gateway or a VirtualService covers a name. A Gateway's may carry a namespace before a slash. */
export function coversHost(host: string, name: string): boolean {
  const pattern = host.replace(/^[^/]*\//, '').toLowerCase();
  if (pattern === '*') return true;
  return pattern.startsWith('*') ? name.endsWith(pattern.slice(1)) : pattern === name;
}

/** An authority as Envoy looks for its virtual host: in lower case and without its port (IgnorePortInHostMatching). */
export const hostName = (authority: string): string => authority.toLowerCase().replace(/:\d+$/, '');

/**
 * The routes that a host meets, in the order in which Envoy tries them, and after them the entries of this host that
 * are never reached.
 *
 * Of the hosts that fit, the most specific counts alone (Envoy, "Virtual host matching"). VirtualServices of one host
 * come one behind the other, the oldest first, and by name where they are of one age; within one, what stands behind a
 * catch-all is left out; catch-alls go to the end (istio, pilot/pkg/networking/core/route,
 * BuildHTTPRoutesForVirtualService and SortVHostRoutes).
 */
export function routesOf<Entry>(
  candidates: readonly Candidate<Entry>[],
  authority: string,
): { readonly reached: readonly Route<Entry>[]; readonly unreached: readonly Entry[] } {
  const name = hostName(authority);
  const best = Math.max(...candidates.map(({ hosts }) => specificity(hosts, name)));
  const own = candidates
    .filter(({ hosts }) => best > 0 && specificity(hosts, name) === best)
    .toSorted(inIstiosOrder);
  const before: Route<Entry>[] = [];
  const catchAlls: Route<Entry>[] = [];
  const unreached: Entry[] = [];
  const closed = new Set<string>();
  for (const { entry, owner, match } of own) {
    const key = `${owner.namespace}/${owner.name}`;
    if (closed.has(key)) {
      unreached.push(entry);
      continue;
    }
    for (const each of match.length === 0 ? [{}] : match) {
      if (!isCatchAllMatch(each)) {
        before.push({ entry, match: each });
        continue;
      }
      catchAlls.push({ entry, match: each });
      closed.add(key);
      break;
    }
  }
  return { reached: [...before, ...catchAlls], unreached };
}

/** The entries that take a request, each once; the first one counts. */
export function entriesTaking<Entry>(
  candidates: readonly Candidate<Entry>[],
  request: RoutedRequest,
): Entry[] {
  const { reached } = routesOf(candidates, request.authority);
  return [...new Set(reached.filter(({ match }) => takes(match, request)).map(({ entry }) => entry))];
}

/** Whether an entry takes a request that comes to it. */
export const entryTakes = (match: readonly RouteMatch[], request: RoutedRequest): boolean =>
  match.length === 0 || match.some((each) => takes(each, request));

/**
 * Whether a match takes every request: its path does, and nothing else of a request is asked. The port, which is the
 * listener's, does not count (istio, IsCatchAllRoute).
 */
export function isCatchAllMatch(match: RouteMatch): boolean {
  const { uri, headers = {}, withoutHeaders = {}, queryParams = {}, method, authority, scheme } = match;
  const anyPath = uri === undefined || uri.prefix === '/' || uri.regex === '*';
  const fields = [headers, withoutHeaders, queryParams].flatMap((each) => Object.keys(each));
  return anyPath && fields.length === 0 && [method, authority, scheme].every((each) => each === undefined);
}

function inIstiosOrder(a: Candidate<unknown>, b: Candidate<unknown>): number {
  const created = (a.owner.created ?? '').localeCompare(b.owner.created ?? '');
  if (created !== 0) return created;
  const key = ({ owner: { name, namespace } }: Candidate<unknown>) => `${name}.${namespace}`;
  return key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.index - b.index;
}

/** 0 when none of the hosts fits; an exact one is more than any wildcard, and a longer one more than a shorter. */
function specificity(hosts: readonly string[], name: string): number {
  const fitting = hosts.filter((host) => coversHost(host, name));
  return Math.max(0, ...fitting.map((host) => (host.startsWith('*') ? host.length : 1_000)));
}

function takes(match: RouteMatch, request: RoutedRequest): boolean {
  const { uri, ignoreUriCase = false, method, authority, port } = match;
  const path =
    uri === undefined ||
    (ignoreUriCase ? textFits(lowerCase(uri), request.path.toLowerCase()) : textFits(uri, request.path));
  const field = (name: string) => request.headers[name.toLowerCase()];
  return (
    path &&
    (method === undefined || textFits(method, request.verb)) &&
    (authority === undefined || textFits(authority, request.authority)) &&
    (port === undefined || request.port === undefined || port === request.port) &&
    Object.entries(match.headers ?? {}).every(([name, wanted]) => textFits(wanted, field(name))) &&
    !Object.entries(match.withoutHeaders ?? {}).some(([name, unwanted]) => textFits(unwanted, field(name)))
  );
}

function textFits({ exact, prefix, regex }: TextMatch, text: string | undefined): boolean {
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
}

const lowerCase = ({ exact, prefix, regex }: TextMatch): TextMatch => ({
  exact: exact?.toLowerCase(),
  prefix: prefix?.toLowerCase(),
  regex: regex?.toLowerCase(),
});
