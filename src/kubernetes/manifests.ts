import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { KubernetesObject } from '@kubernetes/client-node';
import { execa } from 'execa';
import { parseAllDocuments, stringify } from 'yaml';
import { UsageError } from '../errors.ts';
import type { PatchEntry } from './patches.ts';

/** What is rendered into one list of objects: folders and patches as kustomize knows them. */
export interface Kustomization {
  /** Absolute folders that hold a kustomization.yaml. */
  readonly resources: readonly string[];
  /** Further objects, as data. */
  readonly objects?: readonly KubernetesObject[];
  readonly patches?: readonly PatchEntry[];
  readonly images?: readonly { name: string; newName: string; newTag: string }[];
  /** What kustomize shall note in annotations, such as `originAnnotations`. */
  readonly buildMetadata?: readonly string[];
  /** Where objects go that name no namespace. None of ours is cluster-wide but what says so by its kind. */
  readonly namespace?: string;
}

/** Objects as they stand in YAML text. @throws UsageError with the place of a syntax error */
export function parseObjects(text: string, source: string): KubernetesObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    const problem = document.errors[0];
    if (problem) throw new UsageError(`${source} is not valid YAML: ${problem.message}`);
    const value: unknown = document.toJS();
    if (value === null || value === undefined) return [];
    if (typeof value !== 'object' || !('kind' in value) || !('apiVersion' in value)) {
      throw new UsageError(`${source} holds something that is no Kubernetes object`, {
        hint: 'Every document needs apiVersion, kind and metadata.name.',
      });
    }
    return [value as KubernetesObject];
  });
}

const CLUSTER_WIDE = new Set([
  'Namespace',
  'CustomResourceDefinition',
  'ClusterRole',
  'ClusterRoleBinding',
  'GatewayClass',
]);

/** Not kustomize's `namespace:`, which would also move the objects that belong to istio-system. */
export function inNamespace(object: KubernetesObject, namespace: string | undefined): KubernetesObject {
  if (namespace === undefined) return object;
  if (object.metadata?.namespace !== undefined || CLUSTER_WIDE.has(object.kind ?? '')) return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}

/**
 * Renders with kubectl's kustomize. No cluster is asked.
 *
 * @throws UsageError with kustomize's own words when folder or patch do not fit together
 */
export async function render(kustomization: Kustomization): Promise<KubernetesObject[]> {
  const folder = await mkdtemp(join(tmpdir(), 'meshproof-kustomize-'));
  try {
    const objects = kustomization.objects ?? [];
    if (objects.length > 0) {
      await writeFile(join(folder, 'objects.yaml'), objects.map((object) => stringify(object)).join('---\n'));
    }
    const file = {
      resources: [
        ...kustomization.resources.map((resource) => relative(folder, resource)),
        ...(objects.length > 0 ? ['objects.yaml'] : []),
      ],
      images: kustomization.images ?? [],
      patches: kustomization.patches ?? [],
      buildMetadata: kustomization.buildMetadata ?? [],
    };
    await writeFile(join(folder, 'kustomization.yaml'), stringify(file));
    const result = await execa('kubectl', ['kustomize', '--load-restrictor=LoadRestrictionsNone', folder], {
      reject: false,
    });
    if (result.failed) {
      const reason = result.stderr.replace(/^error: /, '').replaceAll(folder, '.') || result.shortMessage;
      throw new UsageError(`the manifests cannot be put together: ${reason}`, {
        hint: 'A patch must name an object that is there: check its kind, name and namespace.',
      });
    }
    return parseObjects(result.stdout, 'kustomize output').map((object) =>
      inNamespace(object, kustomization.namespace),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
