import type { KubernetesObject } from '@kubernetes/client-node';
import { parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../errors.ts';

/** One entry of a kustomization's `patches`. */
export interface PatchEntry {
  readonly patch: string;
  /** Without a target, the patch itself names its object. */
  readonly target?: PatchTarget;
}

const patchTarget = z.strictObject({
  group: z.string().optional(),
  version: z.string().optional(),
  kind: z.string().optional(),
  name: z.string().optional(),
  namespace: z.string().optional(),
  labelSelector: z.string().optional(),
  annotationSelector: z.string().optional(),
});
type PatchTarget = z.infer<typeof patchTarget>;

const targeted = z.strictObject({ target: patchTarget, patch: z.string() });
const merged = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});

/**
 * The patches of a text, one for each YAML document. Both forms of kustomize are taken: a strategic merge patch,
 * which names its object itself (a deletion is one, with `$patch: delete`), and `{target, patch}`, which is how a
 * JSON patch (RFC 6902) is given.
 *
 * @param source how errors name the text
 * @throws UsageError when a document is neither
 */
export function parsePatches(text: string, source: string): PatchEntry[] {
  return parseAllDocuments(text).flatMap((document): PatchEntry[] => {
    const problem = document.errors[0];
    if (problem) throw new UsageError(`${source} is not valid YAML: ${problem.message}`);
    const value: unknown = document.toJS();
    if (value === null || value === undefined) return [];
    const withTarget = targeted.safeParse(value);
    if (withTarget.success) return [withTarget.data];
    if (!merged.safeParse(value).success) {
      throw new UsageError(`${source} holds something that is no patch`, {
        hint: 'Give an object with kind and metadata.name and the fields to change ($patch: delete removes it), or target and patch.',
      });
    }
    return [{ patch: stringify(value) }];
  });
}

/** kustomize reads a target's fields as regular expressions that must match all of the value. */
const fits = (pattern: string | undefined, value: string | undefined) =>
  pattern === undefined || new RegExp(`^(?:${pattern})$`).test(value ?? '');

/** kustomize holds no namespace and `default` for the same. */
const namespaceOf = (namespace: string | undefined) => namespace ?? 'default';

/** Whether a patch changes any of `objects`. Label and annotation selectors are left to kustomize. */
export function patchesAny({ patch, target }: PatchEntry, objects: readonly KubernetesObject[]): boolean {
  const named = target ? undefined : merged.parse(parseAllDocuments(patch)[0]?.toJS());
  return objects.some((object) => {
    const namespace = namespaceOf(object.metadata?.namespace);
    if (named) {
      const wanted = named.metadata;
      return (
        object.kind === named.kind &&
        object.metadata?.name === wanted.name &&
        namespace === namespaceOf(wanted.namespace)
      );
    }
    return (
      fits(target?.kind, object.kind) &&
      fits(target?.name, object.metadata?.name) &&
      (target?.namespace === undefined || fits(target.namespace, namespace))
    );
  });
}
