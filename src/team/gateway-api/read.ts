import { type RankedMatch, grpcMatch, httpMatch } from '../../diagnosis/gateway-api-matches.ts';
import { durationMs } from '../duration.ts';
import type { GatewayServer, HeaderChanges, HttpEntry, Ingress, WayIn } from '../entries.ts';
import { type Located, shownName } from '../sources.ts';
import { isTaken } from './attached.ts';
import {
  type BackendRef,
  type GatewaySpec,
  type GrpcRule,
  type HeaderModifier,
  type HttpRule,
  type ParentRef,
  gatewaySpec,
  grpcRouteSpec,
  httpRouteSpec,
  notTaken,
} from './schema.ts';

/** The key of a Gateway of Gateway API, and of one of its listeners: Istio has Gateways of its own. */
const keyOf = (namespace: string, name: string, section?: string): string =>
  ['gateway-api', namespace, name, ...(section === undefined ? [] : [section])].join('/');

/** What a team's Gateways and routes of Gateway API say, in terms of calls. */
export function readGatewayApi(sources: readonly Located[]): Ingress {
  const of = (kind: string) => sources.filter((each) => isTaken(each) && each.object.kind === kind);
  const http = of('HTTPRoute').flatMap(httpEntries);
  const entries = [...of('GRPCRoute').flatMap(grpcEntries), ...http.filter(({ redirect }) => !redirect)];
  const redirects = http.filter(({ redirect }) => redirect);
  refuseSharedHosts(entries, http);
  return { servers: of('Gateway').flatMap((gateway) => serversOf(gateway, redirects)), entries, redirects };
}

function serversOf(located: Located, redirects: readonly HttpEntry[]): GatewayServer[] {
  const { name = '', namespace = '' } = located.object.metadata ?? {};
  return gatewaySpec(located).listeners.map((listener, index): GatewayServer => {
    const keys = [keyOf(namespace, name), keyOf(namespace, name, listener.name)];
    const [credential] = listener.tls?.certificateRefs ?? [];
    const isRedirect = redirects.some(({ gateways }) => gateways.some((key) => keys.includes(key)));
    const wayIn = wayInOf(listener, isRedirect);
    return {
      gateway: located,
      index,
      at: ['spec', 'listeners', index],
      keys,
      section: listener.name,
      port: listener.port,
      hosts: [listener.hostname ?? '*'],
      ...(credential === undefined ? {} : { credentialName: credential.name }),
      ...(wayIn === undefined ? {} : { wayIn }),
    };
  });
}

function wayInOf(
  { port, protocol, tls }: GatewaySpec['listeners'][number],
  isRedirect: boolean,
): WayIn | undefined {
  if (port === 443 && protocol === 'HTTPS' && tls?.mode === 'Terminate') return 'tls';
  if (port !== 80 || protocol !== 'HTTP') return undefined;
  return isRedirect ? 'redirect' : 'h2c';
}

function grpcEntries(located: Located): HttpEntry[] {
  const spec = grpcRouteSpec(located);
  return spec.rules.flatMap((rule, index) =>
    rule.matches.length === 0
      ? [entryOf(located, spec, rule, index, undefined)]
      : rule.matches.map((match) => entryOf(located, spec, rule, index, grpcMatch(match))),
  );
}

function httpEntries(located: Located): HttpEntry[] {
  const spec = httpRouteSpec(located);
  return spec.rules.flatMap((rule, index) => {
    // What the API server makes of a rule that names none.
    const matches = rule.matches.length === 0 ? [{ headers: [] }] : rule.matches;
    return matches.map((match) => ({
      ...entryOf(located, spec, rule, index, httpMatch(match)),
      ...timersOf(rule),
    }));
  });
}

function entryOf(
  source: Located,
  {
    hostnames,
    parentRefs,
  }: { readonly hostnames: readonly string[]; readonly parentRefs: readonly ParentRef[] },
  rule: GrpcRule | HttpRule,
  index: number,
  taken: RankedMatch | undefined,
): HttpEntry {
  const { name = '', namespace = '' } = source.object.metadata ?? {};
  const of = <T extends (typeof rule.filters)[number]['type']>(type: T) =>
    (rule.filters as readonly HttpRule['filters'][number][]).filter(
      (filter): filter is Extract<HttpRule['filters'][number], { type: T }> => filter.type === type,
    );
  const [mirror] = of('RequestMirror');
  const redirect = (rule.filters as readonly HttpRule['filters'][number][]).find(
    (filter) => filter.type === 'RequestRedirect',
  );
  const [request] = of('RequestHeaderModifier');
  const [response] = of('ResponseHeaderModifier');
  const headers = {
    ...(request && { request: changesOf(request.requestHeaderModifier) }),
    ...(response && { response: changesOf(response.responseHeaderModifier) }),
  };
  return {
    source,
    index,
    at: ['spec', 'rules', index],
    hosts: hostnames.length === 0 ? ['*'] : hostnames,
    gateways: parentRefs.map((parent) =>
      keyOf(parent.namespace ?? namespace, parent.name, parent.sectionName),
    ),
    generated: rule.name ?? `${namespace}.${name}.${index}`,
    precedence: { rank: taken?.rank ?? -2, length: taken?.length ?? 0 },
    ...(taken === undefined ? {} : { match: [taken.match] }),
    route: rule.backendRefs.filter(({ weight }) => weight > 0).map((ref) => destinationOf(ref, namespace)),
    ...(mirror === undefined
      ? {}
      : { mirror: destinationOf(mirror.requestMirror.backendRef, namespace).destination }),
    ...(redirect === undefined ? {} : { redirect: { redirectCode: redirect.requestRedirect.statusCode } }),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
  };
}

const destinationOf = (
  { name, namespace, port, weight }: Omit<BackendRef, 'weight'> & { readonly weight?: number },
  own: string,
) => ({
  destination: { host: `${name}.${namespace ?? own}.svc.cluster.local`, port: { number: port } },
  ...(weight === undefined ? {} : { weight }),
});

const changesOf = ({ set, add, remove }: HeaderModifier): HeaderChanges => ({
  set: Object.fromEntries(set.map(({ name, value }) => [name, value])),
  add: Object.fromEntries(add.map(({ name, value }) => [name, value])),
  remove,
});

/** Without retries of its own, a rule's backendRequest is a timeout of the route too (istio, convertHTTPRoute). */
function timersOf({ timeouts = {} }: HttpRule): Pick<HttpEntry, 'timeout'> {
  const given = [timeouts.backendRequest, timeouts.request].find(
    (each) => each !== undefined && durationMs(each) !== 0,
  );
  return given === undefined ? {} : { timeout: given };
}

/** Gateway API allows a host either GRPCRoutes or HTTPRoutes (GRPCRoute, "hostnames"); Istio takes both, unsorted. */
function refuseSharedHosts(entries: readonly HttpEntry[], http: readonly HttpEntry[]): void {
  const share = (a: string, b: string) => a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
  for (const { source, hosts, gateways } of entries.filter(
    (each) => each.source.object.kind === 'GRPCRoute',
  )) {
    const other = http.find(
      (each) =>
        each.hosts.some((host) => hosts.includes(host)) &&
        each.gateways.some((one) => gateways.some((key) => share(one, key))),
    );
    if (other === undefined) continue;
    const why = `not taken: ${shownName(other.source)} has one of them at the same Gateway`;
    throw notTaken(source, ['spec', 'hostnames'], why);
  }
}
