import type { Transport } from '../../clients/target.ts';
import type { Case, Sabotage } from '../../conformance/model.ts';
import type { Expectation, RpcExpectation } from '../../conformance/expectation.ts';
import { type Backend, destinationOf, fullName, identityOf } from '../backends.ts';
import type { HttpEntry } from '../entries.ts';
import { entryTaking } from '../matching.ts';
import { expectedFor } from '../patterns.ts';
import { type Probe, nearMissOf } from '../probes.ts';
import {
  type Derivation,
  answerersOf,
  callOf,
  common,
  concerning,
  entryOf,
  expectedBackend,
  nameOf,
  rpcOf,
  transportsOf,
} from './derivation.ts';
import { catchAllAdded, ledElsewhere, otherAuthority, removed, wideAs, widened } from './sabotages.ts';

type Answer = Pick<Expectation, 'ledger' | 'gateway'> & { readonly rpc: RpcExpectation };

/** How the access log shows the way in. */
const wayIn = (transport: Transport, host: string) => ({
  protocol: 'HTTP/2',
  requestedServerName: transport === 'tls' ? host : null,
});

/** That a backend has answered, at the first try and by the port that is named. */
function answeredBy(
  backend: Backend,
  transport: Transport,
  host: string,
  subset?: string,
  answerers: readonly string[] = [identityOf(backend)],
): Answer {
  const isSplit = answerers.length > 1;
  const service = identityOf(backend);
  const version = subset === undefined ? {} : { version: subset };
  const port = isSplit ? String.raw`\d+` : backend.port;
  const names = isSplit ? answerers.map((each) => `${each}.svc.`) : [fullName(backend)];
  const cluster = new RegExp(`^outbound\\|${port}\\|[^|]*\\|(${names.join('|').replaceAll('.', '\\.')})`);
  return {
    rpc: { status: 'OK', ...(isSplit ? {} : { servedBy: { service, ...version } }) },
    ledger: { attempts: 1, ...(isSplit ? {} : { service }) },
    gateway: { ...wayIn(transport, host), grpcStatus: 0, upstreamCluster: cluster, attempts: 1 },
  };
}

/** That the gateway has routed it nowhere. */
const routedNowhere = (transport: Transport, host: string): Answer => ({
  rpc: { status: 'UNIMPLEMENTED', count: 0, servedBy: null },
  ledger: { attempts: 0 },
  gateway: {
    ...wayIn(transport, host),
    grpcStatus: 12,
    responseCodeDetails: 'route_not_found',
    upstreamHost: null,
  },
});

/** Each expected route is reached by each way that the Gateway has, and answered by whom it names. */
export function routeCases(derivation: Derivation): Case[] {
  return derivation.probes.flatMap((probe) => {
    const backend = expectedBackend(derivation, probe.expected);
    return transportsOf(derivation, probe.host).map((transport): Case => {
      const entry = entryOf(derivation, probe);
      const { method, host } = probe;
      return {
        ...common,
        name: nameOf(derivation, 'route', host, probe.slug, transport),
        row: 'S4',
        title: `${method} at ${host} over ${transport} is ${backend === undefined ? 'routed nowhere' : `answered by ${identityOf(backend)}`}.`,
        concerns: concerning(entry, host),
        invocation: rpcOf(probe, transport),
        expectation:
          backend === undefined
            ? routedNowhere(transport, host)
            : answeredBy(backend, transport, host, probe.expected.subset, answerersOf(derivation, probe)),
        sabotages:
          backend === undefined
            ? whenNowhere(derivation, probe)
            : whenAnswered(derivation, probe, entry, identityOf(backend)),
      };
    });
  });
}

/** What an expected route's pattern just does not name is not taken by its route. */
export function nearMissCases(derivation: Derivation): Case[] {
  const seen = new Set<string>();
  return derivation.probes.flatMap((probe): Case[] => {
    const { expected, host, headers } = probe;
    const method = nearMissOf(expected.method);
    const own = expectedBackend(derivation, expected);
    if (method === undefined || own === undefined || !probe.scripted) return [];
    const miss = { ...probe, method };
    const backend = expectedBackend(derivation, expectedFor(derivation.config.routes, host, method, headers));
    const [transport] = transportsOf(derivation, host);
    const name = nameOf(derivation, 'near-miss', host, probe.slug.replace(/\/.*/, ''));
    if (seen.has(name)) return [];
    seen.add(name);
    const taker = entryOf(derivation, miss);
    return [
      {
        ...common,
        name,
        row: 'S4',
        title: `${method}, which only begins like ${expected.method}, is not taken by its route.`,
        concerns: concerning(taker ?? entryOf(derivation, probe), host),
        invocation: rpcOf(miss, transport),
        expectation:
          backend === undefined ? routedNowhere(transport, host) : answeredBy(backend, transport, host),
        sabotages: whenMissed(derivation, probe, miss, backend, own),
      },
    ];
  });
}

/** An RPC that no expected route names is routed nowhere. */
export function unroutedCases(derivation: Derivation): Case[] {
  return derivation.hosts.flatMap((host): Case[] => {
    const probe = { method: 'meshproof.NotRouted/AnyMethod', host, headers: {} };
    if (expectedFor(derivation.config.routes, host, probe.method, {}) !== undefined) return [];
    const [transport] = transportsOf(derivation, host);
    return [
      {
        ...common,
        name: nameOf(derivation, 'route', host, 'not-expected'),
        row: 'S4',
        title: `A service that no expected route of ${host} names is routed nowhere.`,
        concerns: concerning(entryOf(derivation, probe), host),
        invocation: rpcOf(probe, transport),
        expectation: routedNowhere(transport, host),
        sabotages: whenNowhere(derivation, probe),
      },
    ];
  });
}

function whenNowhere(
  { ingress }: Derivation,
  { host }: Pick<Probe, 'host'>,
): readonly [Sabotage, ...Sabotage[]] {
  const caught = 'access log responseCodeDetails: expected route_not_found, got via_upstream';
  const entry = ingress.entries.find(({ hosts }) => hosts.includes(host)) ?? ingress.entries[0];
  return entry === undefined ? [otherAuthority(host, 'access log')] : [catchAllAdded(entry, host, caught)];
}

function whenAnswered(
  derivation: Derivation,
  probe: Probe,
  entry: HttpEntry | undefined,
  service: string,
): readonly [Sabotage, ...Sabotage[]] {
  const isSplit = entry !== undefined && answerersOf(derivation, probe).length > 1;
  const caught = isSplit ? 'access log upstreamCluster: expected' : `served by: expected ${service}, got`;
  if (isSplit) return [ledElsewhere(entry, caught)];
  if (entry === undefined) return [otherAuthority(probe.host, caught)];
  const { entries } = derivation.ingress;
  const siblings = entries.filter(({ source }) => source === entry.source);
  const next = entryTaking(
    entries.filter(({ source, index }) => source !== entry.source || index !== entry.index),
    callOf(probe),
  );
  const other = next === undefined ? 'nothing' : answererOf(next);
  // Without its only entry a VirtualService is refused, and one that leads to the same backend hides the loss.
  const loss = siblings.length < 2 || other === service ? [] : [removed(entry, `${caught} ${other}`)];
  return [ledElsewhere(entry, `${caught} nothing`), ...loss];
}

function whenMissed(
  derivation: Derivation,
  probe: Probe,
  miss: Probe,
  backend: Backend | undefined,
  own: Backend,
): readonly [Sabotage, ...Sabotage[]] {
  const entry = entryOf(derivation, probe);
  const { entries } = derivation.ingress;
  const prefix = `/${probe.expected.method.replace(/[/.]?\*$/, '')}`;
  if (entry !== undefined) {
    const wide = wideAs(entry, prefix);
    const changed = entries.map((each) => (each === entry ? wide : each));
    if (entryTaking(changed, callOf(miss)) === wide) {
      const caught =
        backend === undefined
          ? 'access log responseCodeDetails: expected route_not_found, got via_upstream'
          : `served by: expected ${identityOf(backend)}, got ${identityOf(own)}`;
      if (backend === undefined || identityOf(backend) !== identityOf(own)) {
        return [widened(entry, prefix, caught)];
      }
    }
  }
  if (backend === undefined) return whenNowhere(derivation, miss);
  return whenAnswered(derivation, miss, entryOf(derivation, miss), identityOf(backend));
}

/** Who answers what an entry takes, as far as it names one of the stand-ins. */
function answererOf({ route = [], source }: HttpEntry): string {
  const [first] = route;
  const namespace = source.object.metadata?.namespace ?? '';
  const backend = first && destinationOf(first.destination, namespace, () => 0);
  return backend === undefined ? 'nothing' : identityOf(backend);
}
