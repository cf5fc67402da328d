import { stringify } from 'yaml';
import { AS_WRITTEN } from '../../environments/placement.ts';
import type { Sabotage } from '../../conformance/model.ts';
import { type GatewayServer, type HttpEntry, describeEntry, describeServer } from '../ingress.ts';
import type { Located } from '../sources.ts';

/** One operation of a JSON patch (RFC 6902). `add` replaces a field that is there. */
type Operation =
  | { readonly op: 'add'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

const patch = ({ object }: Located, operation: Operation): string => {
  const { name = '', namespace = '' } = object.metadata ?? {};
  return stringify({ target: { kind: object.kind, name, namespace }, patch: stringify([operation]) });
};

const onEntry = (
  entry: HttpEntry,
  what: string,
  operation: { readonly field: string; readonly value: unknown } | 'removed',
  caughtBy: string,
): Sabotage => {
  const path = `/spec/http/${entry.index}`;
  const change: Operation =
    operation === 'removed'
      ? { op: 'remove', path }
      : { op: 'add', path: `${path}/${operation.field}`, value: operation.value };
  return {
    name: `${what}: ${describeEntry(entry)}`,
    change: { manifests: [patch(entry.virtualService, change)] },
    caughtBy,
  };
};

/** The collector is a gRPC server too, and none of the team's. */
const ELSEWHERE = [
  {
    destination: {
      host: `meshproof-collector.${AS_WRITTEN.samples}.svc.cluster.local`,
      port: { number: 50052 },
    },
  },
];

/** The entry leads to a server that is none of the team's. */
export const ledElsewhere = (entry: HttpEntry, caughtBy: string): Sabotage =>
  onEntry(entry, 'led elsewhere', { field: 'route', value: ELSEWHERE }, caughtBy);

/** The entry is not there. */
export const removed = (entry: HttpEntry, caughtBy: string): Sabotage =>
  onEntry(entry, 'removed', 'removed', caughtBy);

/** The first match of the entry takes every path that begins so. */
export const widened = (entry: HttpEntry, prefix: string, caughtBy: string): Sabotage =>
  onEntry(entry, `widened to ${prefix}`, { field: 'match', value: [{ uri: { prefix } }] }, caughtBy);

export const timeoutOf = (entry: HttpEntry, timeout: string, caughtBy: string): Sabotage =>
  onEntry(entry, `timeout: ${timeout}`, { field: 'timeout', value: timeout }, caughtBy);

export const neverRetried = (entry: HttpEntry, caughtBy: string): Sabotage =>
  onEntry(entry, 'attempts: 0', { field: 'retries', value: { attempts: 0 } }, caughtBy);

export const retriedAfterAll = (entry: HttpEntry, caughtBy: string): Sabotage =>
  onEntry(
    entry,
    'attempts: 3',
    { field: 'retries', value: { attempts: 3, retryOn: 'unavailable' } },
    caughtBy,
  );

/** The policy allows these origins and no others. */
export const originsOf = (entry: HttpEntry, allowed: object, what: string, caughtBy: string): Sabotage =>
  onEntry(entry, what, { field: 'corsPolicy/allowOrigins', value: [allowed] }, caughtBy);

/** What no other entry takes goes to a server that is none of the team's. */
export const catchAllAdded = (virtualService: Located, host: string, caughtBy: string): Sabotage => ({
  name: `a catch-all for ${host}`,
  change: {
    manifests: [patch(virtualService, { op: 'add', path: '/spec/http/-', value: { route: ELSEWHERE } })],
  },
  caughtBy,
});

/** A server of a Gateway that answers in plaintext instead of redirecting. */
export const notRedirected = (server: GatewayServer, caughtBy: string): Sabotage => ({
  name: `not redirected: ${describeServer(server)}`,
  change: {
    manifests: [patch(server.gateway, { op: 'remove', path: `/spec/servers/${server.index}/tls` })],
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
