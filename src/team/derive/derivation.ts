import type { Transport } from '../../clients/target.ts';
import type { GrpcJsInvocation } from '../../clients/invocation.ts';
import type { Case } from '../../conformance/model.ts';
import { type Backend, backendOf, identityOf } from '../backends.ts';
import type { ExpectedRoute, TeamConfig } from '../config.ts';
import { type HttpEntry, type Ingress, describeEntry } from '../ingress.ts';
import { type Call, entryTaking, serversOf } from '../matching.ts';
import type { Probe } from '../probes.ts';
import type { Located } from '../sources.ts';

/** The team's objects with the stand-ins of its backends. */
export const OWN = 'own';
/** The stand-ins alone. */
export const STAND_INS = 'stand-ins';

/** What expectations are derived from. Everything that is derived is a pure function of it. */
export interface Derivation {
  /** Begins the names of the cases. */
  readonly name: string;
  readonly config: TeamConfig;
  /** Of backends that name none. */
  readonly namespace: string;
  readonly sources: readonly Located[];
  readonly ingress: Ingress;
  readonly hosts: readonly string[];
  readonly probes: readonly Probe[];
}

/** What the derived cases have in common. */
export const common = { configuration: OWN, skippedWhenRefused: true } as const satisfies Partial<Case>;

/** Names a case: `shop/route/shop.v1.orders/tls`, with the host where there are several. */
export function nameOf(
  { name, hosts }: Derivation,
  what: string,
  host: string,
  ...rest: readonly string[]
): string {
  const named = hosts.length > 1 ? [host.replaceAll('*', 'any')] : [];
  return [name, what, ...named, ...rest].join('/');
}

/** How a host is called without a redirect; by TLS where the Gateway has no server for it, so that this shows. */
export function transportsOf({ ingress }: Derivation, host: string): readonly [Transport, ...Transport[]] {
  const ways = new Set(serversOf(ingress, host).map(({ wayIn }) => wayIn));
  const [first, ...rest] = (['tls', 'h2c'] as const).filter((way) => ways.has(way));
  return first === undefined ? ['tls'] : [first, ...rest];
}

/** The request of a probe as routes see it. */
export const callOf = ({ method, host, headers }: Pick<Probe, 'method' | 'host' | 'headers'>): Call => ({
  host,
  path: `/${method}`,
  headers: { 'content-type': 'application/grpc', te: 'trailers', ...headers },
});

/** The entry that takes a probe. */
export const entryOf = (
  { ingress }: Derivation,
  probe: Parameters<typeof callOf>[0],
): HttpEntry | undefined => entryTaking(ingress.entries, callOf(probe));

/** The line that a mismatch of a case is about. */
export const concerning = (entry: HttpEntry | undefined, host: string): string =>
  entry === undefined ? `no http entry of a VirtualService of ${host} takes it` : describeEntry(entry);

/** The backend that an expected route names; undefined when it names none. */
export const expectedBackend = (
  { namespace }: Derivation,
  expected: ExpectedRoute | undefined,
): Backend | undefined =>
  expected === undefined || expected.backend === null ? undefined : backendOf(expected.backend, namespace);

/** What the stand-in of an expected route calls itself. */
export const expectedIdentity = (derivation: Derivation, { expected }: Probe): string => {
  const backend = expectedBackend(derivation, expected);
  return backend === undefined ? '' : identityOf(backend);
};

/** An RPC of a probe by grpc-js. */
export const rpcOf = (
  { method, host, headers }: Pick<Probe, 'method' | 'host' | 'headers'>,
  transport: Transport,
): GrpcJsInvocation => ({
  client: 'grpc-js',
  transport,
  method,
  authority: host,
  metadata: headers,
  deadlineMs: 10_000,
});
