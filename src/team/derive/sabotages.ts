import { stringify } from 'yaml';
import { isGatewayApi } from '../../environments/gateway-api/gateway-api.ts';
import { AS_WRITTEN } from '../../environments/placement.ts';
import type { Sabotage } from '../../conformance/model.ts';
import { type GatewayServer, type HttpEntry, describeEntry, describeServer } from '../entries.ts';
import type { Located } from '../sources.ts';

/** One operation of a JSON patch (RFC 6902). `add` replaces a field that is there. */
type Operation =
  | { readonly op: 'add'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** A patch of an object; of Gateway API by its group too, since Istio has a Gateway as well. */
const patch = ({ object }: Located, ...operations: readonly Operation[]): string => {
  const { name = '', namespace = '' } = object.metadata ?? {};
  const group = isGatewayApi(object) ? { group: object.apiVersion?.split('/')[0] } : {};
  return stringify({
    target: { ...group, kind: object.kind, name, namespace },
    patch: stringify(operations),
  });
};

const pointerTo = (...at: readonly (string | number)[]): string => at.map((part) => `/${part}`).join('');

const onEntry = (
  entry: HttpEntry,
  what: string,
  operation: { readonly field: string; readonly value: unknown } | 'removed',
  caughtBy: string,
): Sabotage => {
  const path = pointerTo(...entry.at);
  const change: Operation =
    operation === 'removed'
      ? { op: 'remove', path }
      : { op: 'add', path: `${path}/${operation.field}`, value: operation.value };
  return {
    name: `${what}: ${describeEntry(entry)}`,
    change: { manifests: [patch(entry.source, change)] },
    caughtBy,
  };
};

/**
 * A field of Envoy's route for an entry of Gateway API, by an EnvoyFilter: it has few timers of its own, and of retries
 * nothing.
 */
const onGenerated = (
  entry: HttpEntry,
  what: string,
  route: Readonly<Record<string, unknown>>,
  caughtBy: string,
): Sabotage => ({
  name: `${what}: ${describeEntry(entry)}`,
  change: {
    objects: [
      stringify({
        apiVersion: 'networking.istio.io/v1alpha3',
        kind: 'EnvoyFilter',
        metadata: { name: 'meshproof-sabotage', namespace: AS_WRITTEN.gateway },
        spec: {
          workloadSelector: { labels: AS_WRITTEN.gatewayLabels },
          configPatches: [
            {
              applyTo: 'HTTP_ROUTE',
              match: {
                context: 'GATEWAY',
                routeConfiguration: { vhost: { route: { name: entry.generated } } },
              },
              patch: { operation: 'MERGE', value: { route } },
            },
          ],
        },
      }),
    ],
  },
  caughtBy,
});

/** The collector is a gRPC server too, and none of the team's. */
const COLLECTOR = { name: 'meshproof-collector', namespace: AS_WRITTEN.samples, port: 50052 };
const ELSEWHERE = [
  {
    destination: {
      host: `${COLLECTOR.name}.${COLLECTOR.namespace}.svc.cluster.local`,
      port: { number: COLLECTOR.port },
    },
  },
];

/** The entry leads to a server that is none of the team's. */
export const ledElsewhere = (entry: HttpEntry, caughtBy: string): Sabotage =>
  entry.generated === undefined
    ? onEntry(entry, 'led elsewhere', { field: 'route', value: ELSEWHERE }, caughtBy)
    : onEntry(entry, 'led elsewhere', { field: 'backendRefs', value: [COLLECTOR] }, caughtBy);

/** The entry is not there. */
export const removed = (entry: HttpEntry, caughtBy: string): Sabotage =>
  onEntry(entry, 'removed', 'removed', caughtBy);

/** The entry with a match that takes every path that begins so, and nothing else. */
export function wideAs(entry: HttpEntry, prefix: string): HttpEntry {
  if (entry.generated === undefined) return { ...entry, match: [{ uri: { prefix } }] };
  // A prefix of Gateway API ends with a segment of the path; only a regular expression does not.
  const regex = wideRegex(prefix);
  return { ...entry, match: [{ uri: { regex } }], precedence: { rank: 1, length: regex.length } };
}

const wideRegex = (prefix: string): string => `${prefix.replaceAll('.', String.raw`\.`)}.*`;

/** The first match of the entry takes every path that begins so. */
export const widened = (entry: HttpEntry, prefix: string, caughtBy: string): Sabotage =>
  onEntry(
    entry,
    `widened to ${prefix}`,
    entry.generated === undefined
      ? { field: 'match', value: [{ uri: { prefix } }] }
      : { field: 'matches', value: [wideMatch(entry, prefix)] },
    caughtBy,
  );

function wideMatch({ source }: HttpEntry, prefix: string): object {
  const type = 'RegularExpression';
  if (source.object.kind === 'HTTPRoute') return { path: { type, value: wideRegex(prefix) } };
  const [, service = '', method] = prefix.split('/');
  return {
    method:
      method === undefined
        ? { type, service: `${service.replaceAll('.', String.raw`\.`)}.*` }
        : { type, service: service.replaceAll('.', String.raw`\.`), method: `${method}.*` },
  };
}

export const timeoutOf = (entry: HttpEntry, timeout: string, caughtBy: string): Sabotage =>
  entry.generated === undefined
    ? onEntry(entry, `timeout: ${timeout}`, { field: 'timeout', value: timeout }, caughtBy)
    : // Of gRPC Envoy takes the other one, where it is there.
      onGenerated(entry, `timeout: ${timeout}`, { timeout, max_grpc_timeout: timeout }, caughtBy);

export const neverRetried = (entry: HttpEntry, caughtBy: string): Sabotage =>
  entry.generated === undefined
    ? onEntry(entry, 'attempts: 0', { field: 'retries', value: { attempts: 0 } }, caughtBy)
    : // To merge a number of 0 changes nothing.
      onGenerated(entry, 'attempts: 0', { retry_policy: { retry_on: 'reset' } }, caughtBy);

export const retriedAfterAll = (entry: HttpEntry, caughtBy: string): Sabotage =>
  entry.generated === undefined
    ? onEntry(
        entry,
        'attempts: 3',
        { field: 'retries', value: { attempts: 3, retryOn: 'unavailable' } },
        caughtBy,
      )
    : onGenerated(
        entry,
        'attempts: 3',
        { retry_policy: { retry_on: 'unavailable', num_retries: 3 } },
        caughtBy,
      );

/** Nothing is changed of the headers, on one way. */
export const headersKept = (entry: HttpEntry, way: 'request' | 'response', caughtBy: string): Sabotage => {
  const { rules = [] } =
    (entry.source.object as { spec?: { rules?: { filters?: { type: string }[] }[] } }).spec ?? {};
  const type = way === 'request' ? 'RequestHeaderModifier' : 'ResponseHeaderModifier';
  const filter = rules[entry.index]?.filters?.findIndex((each) => each.type === type) ?? 0;
  const field = entry.generated === undefined ? ['headers', way] : ['filters', filter];
  return {
    name: `${way} headers as they are: ${describeEntry(entry)}`,
    change: { manifests: [patch(entry.source, { op: 'remove', path: pointerTo(...entry.at, ...field) })] },
    caughtBy,
  };
};

/** All RPCs go to the first of several backends. */
export const allToTheFirst = (entry: HttpEntry, caughtBy: string): Sabotage => {
  const field = entry.generated === undefined ? 'route' : 'backendRefs';
  const { spec } = entry.source.object as {
    spec?: Readonly<Record<string, Readonly<Record<string, unknown[] | undefined>>[] | undefined>>;
  };
  const written = spec?.[String(entry.at[1])]?.[entry.index]?.[field] ?? [];
  const changes = written.map((_, i): Operation => ({
    op: 'add',
    path: pointerTo(...entry.at, field, i, 'weight'),
    value: i === 0 ? 100 : 0,
  }));
  return {
    name: `all to the first: ${describeEntry(entry)}`,
    change: { manifests: [patch(entry.source, ...changes)] },
    caughtBy,
  };
};

/** The policy allows these origins and no others. */
export const originsOf = (entry: HttpEntry, allowed: object, what: string, caughtBy: string): Sabotage =>
  onEntry(entry, what, { field: 'corsPolicy/allowOrigins', value: [allowed] }, caughtBy);

/** What no other entry takes goes to a server: of a VirtualService to one that is none of the team's. */
export const catchAllAdded = (entry: HttpEntry, host: string, caughtBy: string): Sabotage => {
  const { object } = entry.source;
  const { rules = [] } = (object as { spec?: { rules?: { backendRefs?: unknown }[] } }).spec ?? {};
  const change: Operation =
    entry.generated === undefined
      ? { op: 'add', path: '/spec/http/-', value: { route: ELSEWHERE } }
      : // To another namespace it might not lead without a ReferenceGrant.
        { op: 'add', path: '/spec/rules/-', value: { backendRefs: rules[entry.index]?.backendRefs } };
  return {
    name: `a catch-all for ${host}`,
    change: { manifests: [patch(entry.source, change)] },
    caughtBy,
  };
};

/** A server of a Gateway that answers in plaintext instead of redirecting. */
export const notRedirected = (
  server: GatewayServer,
  redirect: HttpEntry | undefined,
  caughtBy: string,
): Sabotage => ({
  name: `not redirected: ${describeServer(server)}`,
  change: {
    manifests: [
      redirect === undefined
        ? patch(server.gateway, { op: 'remove', path: pointerTo(...server.at, 'tls') })
        : patch(redirect.source, { op: 'remove', path: pointerTo(...redirect.at, 'filters') }),
    ],
  },
  caughtBy,
});

/** A server of a Gateway that takes any host. */
export const anyHost = (server: GatewayServer, caughtBy: string): Sabotage => ({
  name: `any host: ${describeServer(server)}`,
  change: {
    manifests: [
      patch(
        server.gateway,
        server.section === undefined
          ? { op: 'add', path: pointerTo(...server.at, 'hosts'), value: ['*'] }
          : { op: 'remove', path: pointerTo(...server.at, 'hostname') },
      ),
    ],
  },
  caughtBy,
});

/** An object that is not there. */
export const deleted = ({ object }: Located, caughtBy: string): Sabotage => {
  const { name = '', namespace = '' } = object.metadata ?? {};
  const { apiVersion, kind } = object;
  return {
    name: `deleted: ${kind ?? ''} ${namespace}/${name}`,
    change: { manifests: [stringify({ apiVersion, kind, metadata: { name, namespace }, $patch: 'delete' })] },
    caughtBy,
  };
};

/** A client that asks for a host which nobody has. */
export const otherAuthority = (host: string, caughtBy: string): Sabotage => ({
  name: `another host is called than ${host}`,
  change: { invocation: { authority: 'nobody.invalid', serverName: host } },
  caughtBy,
});
