import { dirname } from 'node:path';
import type { KubernetesObject } from '@kubernetes/client-node';
import { type RpcKind, learnMethods } from '../clients/protos.ts';
import type { Case } from '../conformance/model.ts';
import type { ConfigurationSource } from '../conformance/configurations.ts';
import type { Credential } from '../conformance/test-certificates.ts';
import { nameOf } from '../kubernetes/apply.ts';
import { UsageError } from '../errors.ts';
import { backendsOf, standIns } from './backends.ts';
import type { TeamConfig } from './config.ts';
import { type Derivation, OWN, STAND_INS } from './derive/derivation.ts';
import { casesOf } from './derive/index.ts';
import { attached, isTaken } from './gateway-api/attached.ts';
import { type Ingress, describeServer } from './entries.ts';
import { readIngress } from './ingress.ts';
import type { LoadedConfig } from './load.ts';
import { probesOf } from './probes.ts';
import { learnProtos } from './protos.ts';
import { type Located, readSources, shownName } from './sources.ts';

declare module 'vitest' {
  interface ProvidedContext {
    meshproofTeam: TeamPlan;
  }
}

/** What a run of a team's configuration is made of. */
export interface TeamPlan {
  readonly cases: readonly Case[];
  readonly configurations: Readonly<Record<string, ConfigurationSource>>;
  readonly session: TeamSession;
  /** What is given, and is not proven or not applied: to be said out loud. */
  readonly notes: readonly string[];
}

/** What the session of a team's cases needs beside the configurations. Plain data. */
export interface TeamSession {
  readonly credentials: readonly Credential[];
  readonly host: string;
  readonly namespaces: readonly string[];
  readonly protos: { readonly files: readonly string[]; readonly includeDirs: readonly string[] };
  /** Of methods that no proto is there for. */
  readonly kinds: Readonly<Record<string, RpcKind>>;
}

/** What is applied of a team's manifests: the mesh's own configuration. Workloads are stood in for. */
const APPLIED = /^(networking|security|telemetry|extensions)\.istio\.io\//;

/**
 * Reads a team's manifests and derives its cases.
 *
 * @throws UsageError when the manifests cannot be read, or do not fit together, with the place
 */
export async function planTeam({ file, config }: LoadedConfig): Promise<TeamPlan> {
  const root = dirname(file);
  const { namespace = 'default', name = 'own' } = config;
  const all = await readSources(root, config.manifests, namespace);
  const sources = attached(all).filter((each) => APPLIED.test(each.object.apiVersion ?? '') || isTaken(each));
  const ingress = readIngress(sources);
  const hosts = hostsOf(config, ingress);
  const protos = await learnProtos(root, config.protos ?? []);
  const probes = hosts.flatMap((host) => probesOf(config.routes, host));
  const derivation: Derivation = { name, config, namespace, sources, ingress, hosts, probes };
  const kinds = Object.fromEntries(probes.map(({ method, kind }) => [method, kind]));
  learnMethods([], [], kinds);
  const backends = backendsOf(config.routes, ingress.entries, namespace, all);
  const inTheirPlace = standIns(backends, all);
  const objects = [...inTheirPlace, ...sources.map(({ object }) => object)];
  return {
    cases: casesOf(derivation),
    configurations: { [OWN]: objects, [STAND_INS]: inTheirPlace },
    session: {
      credentials: credentialsOf(config, ingress),
      host: hosts[0] ?? '',
      namespaces: namespacesOf(objects),
      protos,
      kinds,
    },
    notes: [...leftOut(all), ...attachedHere(sources), ...notCalled(ingress)],
  };
}

function hostsOf({ hosts }: TeamConfig, { entries, servers }: Ingress): readonly string[] {
  if (hosts !== undefined && hosts.length > 0) return hosts;
  const named = [...entries, ...servers].flatMap((each) => each.hosts);
  const concrete = [...new Set(named.filter((host) => !host.includes('*')))];
  if (concrete.length > 0) return concrete;
  const wild = named.find((host) => host.startsWith('*.'));
  if (wild !== undefined) return [wild.replace('*', 'meshproof')];
  throw new UsageError('no host is named by the manifests, and none by the configuration', {
    hint: 'Name what clients call: hosts: ["api.example.com"].',
  });
}

/** For each credentialName the hosts of the servers that use it; `*` gives the hosts that are called nothing. */
function credentialsOf({ certificates = {} }: TeamConfig, { servers, entries }: Ingress): Credential[] {
  const byName = Map.groupBy(
    servers.filter(({ credentialName }) => credentialName !== undefined),
    ({ credentialName = '' }) => credentialName,
  );
  return [...byName].map(([name, users]) => {
    const named = [...new Set(users.flatMap(({ hosts }) => hosts))];
    const any = named.includes('*') ? entries.flatMap(({ hosts }) => hosts) : [];
    const hosts = [...named, ...any].filter((host) => host !== '*');
    return { name, hosts: certificates[name] ?? [...new Set(hosts)] };
  });
}

const namespacesOf = (objects: readonly KubernetesObject[]): string[] => [
  ...new Set(objects.flatMap(({ metadata }) => metadata?.namespace ?? [])),
];

function leftOut(all: readonly Located[]): string[] {
  const others = all.filter(
    (each) => !APPLIED.test(each.object.apiVersion ?? '') && each.object.kind !== 'Service' && !isTaken(each),
  );
  if (others.length === 0) return [];
  const listed = others.map(({ object }) => nameOf(object)).join(', ');
  return [`left out, as sample services stand in for the backends: ${listed}`];
}

/** Gateways that have no Deployment and no Service of their own here. */
function attachedHere(sources: readonly Located[]): string[] {
  const gateways = sources.filter((each) => isTaken(each) && each.object.kind === 'Gateway');
  if (gateways.length === 0) return [];
  return [
    `attached to the ingress gateway of this mesh, where Istio would make a Deployment and a Service for each: ${gateways.map(shownName).join(', ')}`,
  ];
}

/** Servers that no client of the harness comes to. */
const notCalled = ({ servers }: Ingress): string[] =>
  servers
    .filter(({ wayIn }) => wayIn === undefined)
    .map(
      (server) =>
        `not called: ${describeServer(server)}, port ${server.port}. Called are HTTPS that ends here, without client certificates, on 443, and HTTP, HTTP2 and GRPC on 80`,
    );
