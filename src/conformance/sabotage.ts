import { describeMismatch } from './judge.ts';
import type { Case, Patch, Sabotage } from './model.ts';
import type { CaseResult } from './result.ts';

/** The patches that a sabotage puts on the manifests. */
export const patchesOf = (sabotage?: Sabotage): readonly Patch[] =>
  sabotage !== undefined && 'manifests' in sabotage.change ? sabotage.change.manifests : [];

/** The case as it runs under a sabotage: the same question, to a server that was told something else. */
export function sabotaged(each: Case, sabotage: Sabotage): Case {
  if (!('script' in sabotage.change)) return each;
  return { ...each, invocation: { ...each.invocation, script: sabotage.change.script } } as Case;
}

/**
 * Whether a sabotage was seen as it must be: the case failed with the text that was foretold, or the API server
 * refused the object and said so. A case that failed for another reason proves nothing.
 */
export function isCaught(
  { caughtBy }: Sabotage,
  result: Pick<CaseResult, 'mismatches' | 'refused'>,
): boolean {
  const said = result.mismatches.map(describeMismatch);
  if (result.refused !== undefined)
    said.push(`${result.refused.object} was refused: ${result.refused.reason}`);
  return said.some((text) => text.includes(caughtBy));
}
