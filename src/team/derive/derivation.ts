import type { Transport } from '../../clients/target.ts';
import type { GrpcJsInvocation } from '../../clients/invocation.ts';
import type { Case } from '../../conformance/model.ts';
import { type Backend, backendOf, destinationOf, identityOf } from '../backends.ts';
import type { ExpectedRoute, TeamConfig } from '../config.ts';
import { type HttpEntry, type Ingress, describeEntry } from '../entries.ts';
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
  entry === undefined ? `no route of ${host} takes it` : describeEntry(entry);

/** The backend that an expected route names; undefined when it names none. */
export const expectedBackend = (
  { namespace }: Derivation,
  expected: ExpectedRoute | undefined,
): Backend | undefined =>
  expected === undefined || expected.backend === null ? undefined : backendOf(expected.backend, namespace);

/** Of an entry: the stand-ins that it leads to, by what they call themselves, and the share of each. */
export function sharesOf({ route = [], source }: HttpEntry): ReadonlyMap<string, number> {
  const namespace = source.object.metadata?.namespace ?? '';
  const whole = route.reduce((sum, { weight = 0 }) => sum + weight, 0);
  const shares = new Map<string, number>();
  for (const { destination, weight = 0 } of route) {
    const backend = destinationOf(destination, namespace, () => 0);
    if (backend === undefined || (weight === 0 && whole > 0)) continue;
    const name = identityOf(backend);
    shares.set(name, (shares.get(name) ?? 0) + (whole === 0 ? 1 / route.length : weight / whole));
  }
  return shares;
}

/** Who may answer an RPC: the backend that is expected; several, where its entry splits between it and others. */
export function answerersOf(derivation: Derivation, probe: Probe): readonly string[] {
  const backend = expectedBackend(derivation, probe.expected);
  const expected = backend === undefined ? '' : identityOf(backend);
  const entry = entryOf(derivation, probe);
  const shares = entry === undefined ? [] : [...sharesOf(entry).keys()];
  return shares.includes(expected) ? shares : [expected];
}

/** The service that the ledger must name, where there is but one. */
export function expectedService(derivation: Derivation, probe: Probe): { readonly service?: string } {
  const [service, ...others] = answerersOf(derivation, probe);
  return service === undefined || others.length > 0 ? {} : { service };
}

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
