import type { HttpInvocation } from '../../clients/invocation.ts';
import type { Case } from '../../conformance/model.ts';
import { identityOf } from '../backends.ts';
import { type HttpEntry, type StringMatch, describeEntry } from '../entries.ts';
import type { Probe } from '../probes.ts';
import type { Located } from '../sources.ts';
import {
  type Derivation,
  common,
  concerning,
  entryOf,
  expectedBackend,
  nameOf,
  transportsOf,
} from './derivation.ts';
import { deleted, originsOf } from './sabotages.ts';

/** An origin that no policy names. */
const FOREIGN = 'https://nobody.invalid';

/** gRPC-Web where its filter is given, and each CORS policy for a page that it allows and for one that it does not. */
export function webCases(derivation: Derivation): Case[] {
  const filter = derivation.sources.find(
    ({ object }) => object.kind === 'EnvoyFilter' && JSON.stringify(object).includes('filters.http.grpc_web'),
  );
  const seen = new Set<HttpEntry>();
  const withPolicy = derivation.probes.flatMap((probe) => {
    const entry = entryOf(derivation, probe);
    if (entry?.corsPolicy === undefined || seen.has(entry)) return [];
    seen.add(entry);
    return [{ probe, entry }];
  });
  const called = withPolicy.length > 0 ? withPolicy.map(({ probe }) => probe) : derivation.probes.slice(0, 1);
  return [
    ...(filter === undefined ? [] : called.flatMap((probe) => webCall(derivation, probe, filter))),
    ...withPolicy.flatMap(({ probe, entry }) => preflights(derivation, probe, entry)),
  ];
}

function webCall(derivation: Derivation, probe: Probe, filter: Located): Case[] {
  const backend = expectedBackend(derivation, probe.expected);
  if (backend === undefined || (probe.kind !== 'unary' && probe.kind !== 'server-stream')) return [];
  const { host, method, headers } = probe;
  const [transport] = transportsOf(derivation, host);
  const service = identityOf(backend);
  return (['binary', 'text'] as const).map((mode) => ({
    ...common,
    name: nameOf(derivation, 'grpc-web', host, probe.slug, mode),
    row: 'S8',
    title: `A browser's call of ${method} at ${host} in ${mode} mode is translated to gRPC.`,
    concerns: concerning(entryOf(derivation, probe), host),
    invocation: {
      client: 'grpc-web',
      http: '1.1',
      mode,
      transport,
      method,
      authority: host,
      metadata: headers,
      deadlineMs: 10_000,
    },
    expectation: {
      rpc: { status: 'OK', servedBy: { service } },
      ledger: { attempts: 1, service, metadata: { 'content-type': 'application/grpc' } },
    },
    sabotages: [deleted(filter, 'grpc-status: expected OK')],
  }));
}

function preflights(derivation: Derivation, probe: Probe, entry: HttpEntry): Case[] {
  const origins = (entry.corsPolicy?.allowOrigins ?? []).flatMap((allowed) => ({
    allowed,
    origin: originOf(allowed, derivation),
  }));
  const { host, slug } = probe;
  const about = { ...common, row: 'S9', concerns: describeEntry(entry) } as const;
  const allowed = origins.flatMap(({ origin }, i): Case[] => {
    if (origin === undefined) return [];
    const caught = `header access-control-allow-origin: expected ${origin}, got nothing`;
    return [
      {
        ...about,
        name: nameOf(derivation, 'cors', host, slug, `allowed-${i + 1}`),
        title: `The preflight of a page from ${origin} for ${probe.method} at ${host} is answered by the gateway.`,
        invocation: preflight(derivation, probe, origin),
        expectation: {
          http: { status: 200, headers: { 'access-control-allow-origin': origin } },
          ledger: { attempts: 0 },
        },
        sabotages: [originsOf(entry, { exact: FOREIGN }, 'another origin allowed', caught)],
      },
    ];
  });
  if (origins.some(({ allowed: each }) => each.regex !== undefined || each.exact === '*')) return allowed;
  const caught = 'header access-control-allow-origin: expected nothing';
  return [
    ...allowed,
    {
      ...about,
      name: nameOf(derivation, 'cors', host, slug, 'refused'),
      title: `The preflight of another page for ${probe.method} at ${host} is allowed nothing.`,
      invocation: preflight(derivation, probe, FOREIGN),
      expectation: {
        // Istio has Envoy forward what it does not allow, and a gRPC server makes nothing of OPTIONS.
        http: {
          status: entry.corsPolicy?.unmatchedPreflights === 'IGNORE' ? 200 : 415,
          headers: { 'access-control-allow-origin': null },
        },
      },
      sabotages: [originsOf(entry, { regex: '.*' }, 'any origin allowed', caught)],
    },
  ];
}

/** An origin that a match allows; undefined where only the configuration could name one. */
function originOf({ exact, prefix, regex }: StringMatch, { config }: Derivation): string | undefined {
  if (exact !== undefined) return exact === '*' ? FOREIGN : exact;
  if (prefix !== undefined) return prefix;
  return regex === undefined ? undefined : config.origins?.[regex];
}

const preflight = (derivation: Derivation, { host, method }: Probe, origin: string): HttpInvocation => ({
  client: 'http',
  transport: transportsOf(derivation, host)[0],
  http: '2',
  verb: 'OPTIONS',
  path: `/${method}`,
  authority: host,
  headers: {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type,x-grpc-web,x-user-agent',
  },
});
