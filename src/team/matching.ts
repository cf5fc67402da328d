import type { GatewayServer, HttpEntry, HttpMatch, Ingress, StringMatch } from './ingress.ts';

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

/**
 * The entry that takes a call, as Istio lays them out: of the hosts that fit the most specific one counts, the
 * VirtualServices of one host come in the order of their names, and entries that take everything after all others.
 */
export function entryTaking(entries: readonly HttpEntry[], call: Call): HttpEntry | undefined {
  const fitting = entries.filter(({ hosts }) => hosts.some((host) => hostFits(host, call.host)));
  const best = Math.max(...fitting.map(({ hosts }) => specificity(hosts, call.host)));
  const ordered = fitting.filter(({ hosts }) => specificity(hosts, call.host) === best).toSorted(byName);
  const candidates = [
    ...ordered.filter((entry) => !takesEverything(entry)),
    ...ordered.filter((entry) => takesEverything(entry)),
  ];
  return candidates.find(({ match }) => match === undefined || match.some((each) => matches(each, call)));
}

/** Whether a host of a Gateway or a VirtualService (`*.example.com`, `*`) takes a host that is called. */
export const hostFits = (pattern: string, host: string): boolean =>
  pattern.startsWith('*') ? host.endsWith(pattern.slice(1)) : pattern === host;

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

const byName = (a: HttpEntry, b: HttpEntry): number => {
  const name = ({ virtualService: { object } }: HttpEntry) =>
    `${object.metadata?.name ?? ''}.${object.metadata?.namespace ?? ''}`;
  return name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : a.index - b.index;
};

function specificity(hosts: readonly string[], host: string): number {
  const lengths = hosts
    .filter((pattern) => hostFits(pattern, host))
    .map((pattern) => (pattern.startsWith('*') ? pattern.length : 1_000));
  return Math.max(...lengths);
}

function takesEverything({ match }: HttpEntry): boolean {
  return (
    match === undefined ||
    match.some(
      ({ uri, headers, method, authority, port, withoutHeaders }) =>
        (uri === undefined || uri.prefix === '/') &&
        [headers, method, authority, port, withoutHeaders].every((each) => each === undefined),
    )
  );
}

function matches(match: HttpMatch, { host, path, headers, verb = 'POST', port }: Call): boolean {
  const { uri, method, authority, port: onlyPort, ignoreUriCase = false } = match;
  const pathFits =
    uri === undefined || (ignoreUriCase ? textFits(lowerCase(uri), path.toLowerCase()) : textFits(uri, path));
  return (
    pathFits &&
    (method === undefined || textFits(method, verb)) &&
    (authority === undefined || textFits(authority, host)) &&
    (onlyPort === undefined || port === undefined || onlyPort === port) &&
    Object.entries(match.headers ?? {}).every(([key, wanted]) => headerFits(wanted, headers[key])) &&
    !Object.entries(match.withoutHeaders ?? {}).some(([key, wanted]) => headerFits(wanted, headers[key]))
  );
}

const headerFits = (wanted: StringMatch, value: string | undefined): boolean =>
  value !== undefined && textFits(wanted, value);

/** An empty match is one of presence. Regular expressions must match all of the text (RE2's full match). */
function textFits({ exact, prefix, regex }: StringMatch, value: string): boolean {
  if (exact !== undefined) return exact === value;
  if (prefix !== undefined) return value.startsWith(prefix);
  return regex === undefined || new RegExp(`^(?:${regex})$`).test(value);
}

const lowerCase = ({ exact, prefix, regex }: StringMatch): StringMatch => ({
  ...(exact === undefined ? {} : { exact: exact.toLowerCase() }),
  ...(prefix === undefined ? {} : { prefix: prefix.toLowerCase() }),
  ...(regex === undefined ? {} : { regex: regex.toLowerCase() }),
});
