import type { Script } from '../../clients/script.ts';
import type { Case, Sabotage } from '../../conformance/model.ts';
import type { ConfigurationExpectation, RpcExpectation } from '../../conformance/expectation.ts';
import { asEnvoyPrints, durationMs } from '../duration.ts';
import type { HttpEntry } from '../entries.ts';
import { entryTaking, hostFits, serversOf } from '../matching.ts';
import type { Probe } from '../probes.ts';
import {
  type Derivation,
  callOf,
  common,
  concerning,
  entryOf,
  expectedService,
  nameOf,
  rpcOf,
  transportsOf,
} from './derivation.ts';
import { otherAuthority, timeoutOf } from './sabotages.ts';

/** Longer timeouts are read off the gateway's configuration instead of being waited for. */
const LONGEST_WAITED_MS = 15_000;
/** How much longer than a timeout a server takes that must be cut by it. */
const BEYOND_MS = 1_500;
/** How long a stream is watched that must not be cut. */
const STREAM_MS = 2_000;

/**
 * Each timeout that is expected, or written, cuts an RPC when it is over, and nothing cuts those that must have none:
 * streams, unless they are expected to be cut.
 */
export function timeoutCases(derivation: Derivation): Case[] {
  return derivation.probes.flatMap((probe): Case[] => {
    if (!probe.scripted || probe.expected.backend === null) return [];
    const entry = entryOf(derivation, probe);
    const wanted = wantedTimeout(probe, entry);
    if (wanted === undefined) return [];
    if (wanted === 'none') return [neverCut(derivation, probe, entry)];
    return [
      wanted > LONGEST_WAITED_MS && entry !== undefined
        ? readOff(derivation, probe, entry, wanted)
        : cut(derivation, probe, entry, wanted),
    ];
  });
}

/** In milliseconds; undefined when nobody says anything of it. */
function wantedTimeout({ expected, kind }: Probe, entry: HttpEntry | undefined): number | 'none' | undefined {
  if (expected.timeout === 'none') return 'none';
  if (expected.timeout !== undefined) return durationMs(expected.timeout);
  if (kind !== 'unary') return 'none';
  const written = entry?.timeout === undefined ? undefined : durationMs(entry.timeout);
  // Istio takes a timeout of nothing for none, where it takes it at all.
  return written === 0 ? 'none' : written;
}

function cut(derivation: Derivation, probe: Probe, entry: HttpEntry | undefined, ms: number): Case {
  const { host, method } = probe;
  const [transport] = transportsOf(derivation, host);
  const perTry = durationMs(entry?.retries?.perTryTimeout ?? '') ?? Infinity;
  // A try's own timer would end it first, if it were not over with the response headers.
  const headersFirst = perTry <= ms || probe.kind !== 'unary';
  const script: Script = {
    steps: [
      { awaitHalfClose: true },
      ...(headersFirst ? [{ headers: {} }] : []),
      { wait: ms + BEYOND_MS },
      { status: 'OK' },
    ],
    ignoreDeadline: true,
  };
  const rpc: RpcExpectation = {
    ...(headersFirst
      ? { status: 'INTERNAL' }
      : { status: 'UNAVAILABLE', details: 'upstream request timeout' }),
    ended: { by: 'route timeout', atMs: ms },
  };
  return {
    ...common,
    name: nameOf(derivation, 'timeout', host, probe.slug),
    row: 'S6',
    title: `${method} at ${host} is cut after ${asEnvoyPrints(ms)} when its server takes longer.`,
    concerns: concerning(entry, host),
    alone: true,
    limitMs: ms + 20_000,
    invocation: { ...rpcOf(probe, transport), connectFirst: true, deadlineMs: ms + 10_000, script },
    expectation: {
      rpc,
      ledger: { attempts: 1, ...expectedService(derivation, probe), cancelled: true },
      gateway: { responseFlags: 'UT', responseCodeDetails: 'response_timeout' },
      ...questioned(derivation, probe, entry, asEnvoyPrints(ms)),
    },
    sabotages: [
      entry === undefined
        ? otherAuthority(host, 'grpc-status')
        : timeoutOf(entry, asEnvoyPrints(ms + 5_000), `grpc-status: expected ${rpc.status}, got`),
    ],
  };
}

function readOff(derivation: Derivation, probe: Probe, entry: HttpEntry, ms: number): Case {
  const shown = asEnvoyPrints(ms);
  return {
    ...common,
    name: nameOf(derivation, 'timeout', probe.host, probe.slug),
    row: 'S6',
    title: `The gateway's route for ${probe.method} at ${probe.host} has a timeout of ${shown}.`,
    concerns: concerning(entry, probe.host),
    invocation: { client: 'configuration' },
    expectation: { configuration: [question(derivation, probe, entry, shown)] },
    sabotages: [timeoutOf(entry, asEnvoyPrints(ms + 5_000), `expected ${shown}, got`)],
  };
}

function neverCut(derivation: Derivation, probe: Probe, entry: HttpEntry | undefined): Case {
  const { host, method, kind } = probe;
  const [transport] = transportsOf(derivation, host);
  const written = durationMs(entry?.timeout ?? '') ?? 0;
  const held = written === 0 ? STREAM_MS : Math.min(written, LONGEST_WAITED_MS) + BEYOND_MS;
  const several = kind === 'server-stream' || kind === 'bidi';
  const script: Script = {
    steps: [
      { awaitHalfClose: true },
      several ? { messages: {} } : { headers: {} },
      { wait: held },
      { messages: {} },
      { status: 'OK' },
    ],
    ignoreDeadline: true,
  };
  const sabotage: Sabotage =
    entry === undefined
      ? otherAuthority(host, 'grpc-status: expected OK')
      : timeoutOf(entry, '1s', 'grpc-status: expected OK, got INTERNAL');
  return {
    ...common,
    name: nameOf(derivation, 'stream', host, probe.slug),
    row: 'S5',
    title: `No timeout of the route cuts ${method} at ${host}, a ${kind} RPC.`,
    concerns: concerning(entry, host),
    limitMs: held + 20_000,
    invocation: { ...rpcOf(probe, transport), deadlineMs: held + 10_000, script },
    expectation: {
      rpc: { status: 'OK', count: several ? 2 : 1 },
      ledger: { attempts: 1, ...expectedService(derivation, probe), cancelled: false },
      gateway: { grpcStatus: 0, responseFlags: null },
      ...questioned(derivation, probe, entry, '0s'),
    },
    sabotages: [sabotage],
  };
}

const question = (
  derivation: Derivation,
  { method, host }: Probe,
  entry: HttpEntry,
  answer: string,
): ConfigurationExpectation => ({
  question: {
    ask: 'route timeout',
    virtualService: virtualServiceOf(derivation, host, entry),
    path: `/${method}`,
  },
  answer,
});

/** The VirtualService of an entry; of Gateway API the one that Istio makes for a host at a listener. */
function virtualServiceOf(
  { ingress }: Derivation,
  host: string,
  { source, hosts, gateways, generated }: HttpEntry,
) {
  if (generated === undefined) return source.object.metadata?.name ?? '';
  const server = serversOf(ingress, host).find(({ keys }) => keys.some((key) => gateways.includes(key)));
  const { name = '', namespace = '' } = server?.gateway.object.metadata ?? {};
  const own = hosts.find((pattern) => hostFits(pattern, host)) ?? host;
  return [namespace, name, 'istio-autogenerated-k8s-gateway', server?.section ?? '', own].join('~');
}

/** The gateway's own word, where the path alone says which of its routes is meant. */
function questioned(
  derivation: Derivation,
  probe: Probe,
  entry: HttpEntry | undefined,
  answer: string,
): { readonly configuration?: readonly ConfigurationExpectation[] } {
  const byPath = derivation.ingress.entries.map(({ match, ...rest }) => ({
    ...rest,
    ...(match === undefined ? {} : { match: match.map(({ uri }) => (uri === undefined ? {} : { uri })) }),
  }));
  const taker = entryTaking(byPath, callOf(probe));
  const same = entry !== undefined && taker?.index === entry.index && taker.source === entry.source;
  return same ? { configuration: [question(derivation, probe, entry, answer)] } : {};
}
