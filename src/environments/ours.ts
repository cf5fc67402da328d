import type { KubernetesObject } from '@kubernetes/client-node';
import { execa } from 'execa';
import { SetupError } from '../errors.ts';
import { applyObjects, hasStatus, nameOf } from '../kubernetes/apply.ts';
import type { Cluster } from '../kubernetes/cluster.ts';

/** The label on everything that the harness makes in a cluster, by which its leftovers are found. */
export const OURS = 'meshproof.dev/part-of';

/** `configuration`: under test, and replaced by the next. `environment`: there as long as the harness is. */
type Part = 'configuration' | 'environment';

/** The objects with our label. */
export function ours(part: Part, objects: readonly KubernetesObject[]): KubernetesObject[] {
  return objects.map((object) => ({
    ...object,
    metadata: { ...object.metadata, labels: { ...object.metadata?.labels, [OURS]: part } },
  }));
}

/** The kinds that configurations are made of, as kubectl takes them. */
export const CONFIGURATION_KINDS: readonly string[] = [
  ...['secrets', 'configmaps', 'services', 'serviceaccounts', 'deployments.apps'],
  ...[
    'gateways',
    'virtualservices',
    'destinationrules',
    'envoyfilters',
    'serviceentries',
    'workloadentries',
    'sidecars',
  ].map((kind) => `${kind}.networking.istio.io`),
  ...['peerauthentications', 'authorizationpolicies', 'requestauthentications'].map(
    (kind) => `${kind}.security.istio.io`,
  ),
  'telemetries.telemetry.istio.io',
];

/** Makes namespaces that are not there, and returns all that the harness has ever made in this cluster. */
export async function makeNamespaces(cluster: Cluster, names: readonly string[]): Promise<string[]> {
  const { items } = await cluster.core.listNamespace();
  const there = new Set(items.map(({ metadata }) => metadata?.name ?? ''));
  const missing = names.filter((name) => !there.has(name));
  const objects = missing.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  await applyObjects(cluster, ours('environment', objects));
  const made = items.filter(isOurs).map(({ metadata }) => metadata?.name ?? '');
  return [...made, ...missing];
}

/**
 * What the harness made in some namespaces, or one part of it.
 *
 * @param kinds as kubectl takes them; the API server has to know each
 */
export async function listOurs(
  cluster: Cluster,
  namespaces: readonly string[],
  kinds: readonly string[],
  part?: Part,
): Promise<KubernetesObject[]> {
  const selector = part === undefined ? OURS : `${OURS}=${part}`;
  const lists = await Promise.all(
    namespaces.map(async (namespace) => {
      const { stdout } = await execa('kubectl', [
        ...[...cluster.kubectlArguments, 'get', kinds.join(','), '--namespace', namespace],
        ...['--ignore-not-found', '--selector', selector, '--output', 'json'],
      ]);
      return stdout === '' ? [] : (JSON.parse(stdout) as { items: KubernetesObject[] }).items;
    }),
  );
  return lists.flat();
}

export const isOurs = ({
  metadata,
}: {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> | undefined };
}): boolean => metadata?.labels?.[OURS] !== undefined;

/**
 * Makes sure that none of `objects` would change one that somebody else made.
 *
 * @throws SetupError that names it
 */
export async function refuseOthers(cluster: Cluster, objects: readonly KubernetesObject[]): Promise<void> {
  for (const object of objects) {
    const header = {
      apiVersion: object.apiVersion ?? '',
      kind: object.kind ?? '',
      metadata: { name: object.metadata?.name ?? '', namespace: object.metadata?.namespace ?? '' },
    };
    const found = await cluster.objects.read(header).catch((error: unknown) => {
      if (hasStatus(error, 404)) return undefined;
      throw new SetupError(`${nameOf(object)} could not be looked at`, { cause: error });
    });
    if (found === undefined || isOurs(found)) continue;
    throw new SetupError(`${nameOf(object)} is there already, and meshproof did not make it`, {
      hint: 'It is left as it is. Use a gateway in another namespace, or a cluster that has no such object.',
    });
  }
}
