import type { KubernetesObject } from '@kubernetes/client-node';
import { gateways, type Gateway } from '../diagnosis/istio-objects.ts';
import { coversHost, hostName } from '../diagnosis/route-selection.ts';
import { secretFactsOf } from '../diagnosis/secret-facts.ts';
import type { SecretFacts } from '../diagnosis/evidence.ts';
import { AS_WRITTEN, selectorOf } from '../environments/placement.ts';
import { PodPort, ENVOY_ADMIN_PORT } from '../environments/mesh-view.ts';
import { messageOf } from '../errors.ts';
import { type AccessLogLine, parseAccessLogLine } from '../evidence/access-log-format.ts';
import { ConfigDump } from '../evidence/config-dump.ts';
import { parseDefaultAccessLogLine } from '../evidence/default-access-log.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { openTunnel } from '../kubernetes/port-forward.ts';
import { isReady } from '../kubernetes/readiness.ts';
import { done, notYet, waitFor } from '../waiting.ts';
import type { InsideFacts } from './as-evidence.ts';
import type { Subject } from './findings.ts';

/** What of the cluster was looked at, and what could not be. */
export interface InsideReading {
  readonly facts: InsideFacts;
  /** One sentence each. */
  readonly notes: readonly string[];
}

/** What Istio's rules go by. */
const KINDS = [
  ['networking.istio.io/v1', 'Gateway'],
  ['networking.istio.io/v1', 'VirtualService'],
  ['networking.istio.io/v1', 'DestinationRule'],
  ['networking.istio.io/v1alpha3', 'EnvoyFilter'],
  ['security.istio.io/v1', 'AuthorizationPolicy'],
  ['v1', 'Service'],
  ['apps/v1', 'Deployment'],
] as const;

/** Envoy flushes its log once a second by Istio's default. Milliseconds. */
const LOG_WAIT = 3_000;
/** Seconds of the log that are read: more than the probes take. */
const LOG_SECONDS = 30;

/**
 * Reads what concerns a host from a cluster, and changes nothing: objects, facts about the Gateways' Secrets without
 * their keys, the live configuration of the gateway's newest pod, and what it logged of the probes. What may not be
 * read is said, and left out.
 */
export async function readInside(
  cluster: Cluster,
  subject: Subject,
  rpcIds: readonly string[],
  signal: AbortSignal,
): Promise<InsideReading> {
  const notes: string[] = [];
  const noted = async <T>(what: string, reading: Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await reading;
    } catch (error) {
      notes.push(`${what} could not be read: ${messageOf(error).split('\n')[0] ?? ''}`);
      return otherwise;
    }
  };
  const lists = await Promise.all(
    KINDS.map(([apiVersion, kind]) => noted(`${kind}s`, listAll(cluster, apiVersion, kind), [])),
  );
  const objects = lists.flat();
  const own = gatewaysFor(gateways(objects), subject);
  const labels = own[0]?.spec.selector ?? AS_WRITTEN.gatewayLabels;
  const pod = await noted('The gateway’s pods', newestPod(cluster, labels), undefined);
  if (pod === undefined) notes.push(`no pod with ${selectorOf(labels)} is Ready`);
  const namespace = pod?.namespace ?? AS_WRITTEN.gateway;
  const [secrets, gateway, lines] = await Promise.all([
    noted('Secrets', secretsOf(cluster, own, namespace), []),
    pod && noted('The gateway’s configuration', configurationOf(cluster, pod), undefined),
    pod === undefined ? [] : noted('The gateway’s log', linesOf(cluster, pod, rpcIds, signal), []),
  ]);
  const port = servicePort(lists[5] ?? [], labels, namespace, subject.port, own);
  return {
    facts: {
      objects,
      secrets,
      gatewayNamespace: namespace,
      ...(gateway && { gateway }),
      ...(port === undefined ? {} : { port }),
      linesOf: (rpcId) => lines.filter((line) => line.rpcId === rpcId),
    },
    notes,
  };
}

/** A list's items carry neither kind nor version. */
async function listAll(cluster: Cluster, apiVersion: string, kind: string): Promise<KubernetesObject[]> {
  const { items } = await cluster.objects.list(apiVersion, kind);
  return items.map((item) => Object.assign(item, { apiVersion, kind }));
}

/** Those with a server for the host; where none has one, all: the host may be what is wrong. */
function gatewaysFor(all: readonly Gateway[], { authority }: Subject): readonly Gateway[] {
  const name = hostName(authority);
  const own = all.filter(({ spec }) =>
    spec.servers.some(({ hosts }) => hosts.some((host) => coversHost(host, name))),
  );
  return own.length > 0 ? own : all;
}

interface GatewayPod {
  readonly namespace: string;
  readonly name: string;
}

async function newestPod(
  cluster: Cluster,
  labels: Readonly<Record<string, string>>,
): Promise<GatewayPod | undefined> {
  const { items } = await cluster.core.listPodForAllNamespaces({ labelSelector: selectorOf(labels) });
  const [newest] = items
    .filter(isReady)
    .toSorted(
      (a, b) => Number(b.metadata?.creationTimestamp ?? 0) - Number(a.metadata?.creationTimestamp ?? 0),
    );
  const namespace = newest?.metadata?.namespace;
  const name = newest?.metadata?.name;
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

async function secretsOf(
  cluster: Cluster,
  own: readonly Gateway[],
  namespace: string,
): Promise<SecretFacts[]> {
  const names = new Set(
    own.flatMap(({ spec }) => spec.servers.flatMap(({ tls }) => tls?.credentialName ?? [])),
  );
  const everywhere = await Promise.all(
    [...names].map(async (name) => {
      const fieldSelector = `metadata.name=${name}`;
      try {
        return (await cluster.core.listSecretForAllNamespaces({ fieldSelector })).items;
      } catch {
        // The right to list them everywhere is rarer than that of one namespace.
        return (await cluster.core.listNamespacedSecret({ namespace, fieldSelector })).items;
      }
    }),
  );
  return everywhere.flat().map((secret) => secretFactsOf(secret as KubernetesObject));
}

async function configurationOf(
  cluster: Cluster,
  { namespace, name }: GatewayPod,
): Promise<NonNullable<InsideFacts['gateway']>> {
  await using port = new PodPort(await openTunnel(cluster, namespace, name, ENVOY_ADMIN_PORT));
  const dump = new ConfigDump((path) => port.get(path));
  const ports = await dump.listenerPorts();
  const filters = await Promise.all(
    ports.map(async (each) => [String(each), await dump.httpFilters(each)] as const),
  );
  return { httpFilters: Object.fromEntries(filters), rejectedListeners: await dump.rejectedListeners() };
}

/** Lines of the probes. None may ever come: a connection that ends before HTTP is not logged. */
async function linesOf(
  cluster: Cluster,
  { namespace, name }: GatewayPod,
  rpcIds: readonly string[],
  signal: AbortSignal,
): Promise<readonly AccessLogLine[]> {
  let lines: AccessLogLine[] = [];
  const read = async () => {
    const text = await cluster.core.readNamespacedPodLog({
      ...{ namespace, name, container: 'istio-proxy', sinceSeconds: LOG_SECONDS },
    });
    lines = text.split('\n').flatMap((line) => ownLine(line) ?? []);
    const missing = rpcIds.filter((id) => !lines.some(({ rpcId }) => rpcId === id));
    return missing.length === 0 ? done(undefined) : notYet(`${missing.length} probes have no line`);
  };
  const wait = { subject: 'the lines of the probes', deadlineMs: LOG_WAIT, intervalMs: 250, signal };
  await waitFor(wait, read).catch(() => signal.throwIfAborted());
  return lines;
}

/** A line with the id of its probe: in a field of its own, or in the user agent. */
function ownLine(text: string): AccessLogLine | undefined {
  const line = parseAccessLogLine(text) ?? parseDefaultAccessLogLine(text);
  if (line === undefined) return undefined;
  const named = /^meshproof\/diagnose\/([\w-]+)/.exec(String(line.userAgent ?? ''))?.[1];
  return named === undefined ? line : { ...line, rpcId: named };
}

/** A NodePort, or a port-forward, is not the port that Gateways name. */
function servicePort(
  services: readonly KubernetesObject[],
  labels: Readonly<Record<string, string>>,
  namespace: string,
  dialled: number,
  own: readonly Gateway[],
): number | undefined {
  if (own.some(({ spec }) => spec.servers.some(({ port }) => port.number === dialled))) return undefined;
  const ports = services
    .filter(({ metadata }) => metadata?.namespace === namespace)
    .map(
      (each) =>
        (
          each as {
            spec?: { selector?: Record<string, string>; ports?: { port: number; nodePort?: number }[] };
          }
        ).spec,
    )
    .filter((spec) => Object.entries(labels).every(([key, value]) => spec?.selector?.[key] === value))
    .flatMap((spec) => spec?.ports ?? []);
  return ports.find(({ nodePort }) => nodePort === dialled)?.port;
}
