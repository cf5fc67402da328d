import { stringify } from 'yaml';
import type { AppliedChange, Patch } from '../conformance/model.ts';
import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import { parsePatches } from '../kubernetes/patches.ts';

/**
 * The diagnosis's patch as a change of the configuration. Objects are named as they were placed; manifests name no
 * namespace, so a target is found without one.
 */
export function changeOf({ change }: Diagnosis): AppliedChange | undefined {
  if (change?.patch === undefined) return undefined;
  return { manifests: parsePatches(change.patch, "the diagnosis's patch").map(withoutNamespace) };
}

function withoutNamespace({ target, patch }: ReturnType<typeof parsePatches>[number]): Patch {
  if (target === undefined) return patch;
  return stringify({ target: { ...target, namespace: undefined }, patch });
}
