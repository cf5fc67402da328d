import { describeMismatch } from './judge.ts';
import type { AppliedChange, Case, Sabotage } from './model.ts';
import type { CaseResult } from './result.ts';

/** What a sabotage changes of what is applied. */
export const appliedChangeOf = (sabotage?: Sabotage): AppliedChange =>
  sabotage === undefined ||
  'script' in sabotage.change ||
  'invocation' in sabotage.change ||
  'actions' in sabotage.change
    ? {}
    : sabotage.change;

/** The case as it runs under a sabotage, if there is one: its server was told something else, or its client is another. */
export function sabotaged(each: Case, sabotage?: Sabotage): Case {
  if (sabotage === undefined) return each;
  const { change } = sabotage;
  if ('actions' in change) return { ...each, actions: change.actions };
  const instead = 'script' in change ? change : 'invocation' in change ? change.invocation : {};
  return { ...each, invocation: { ...each.invocation, ...instead } } as Case;
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
