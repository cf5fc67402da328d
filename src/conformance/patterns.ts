import { UsageError } from '../errors.ts';
import type { Case } from './model.ts';
import { ROW_IDS } from './outcomes.ts';

/**
 * The cases that a list of patterns selects, in their own order. In a pattern `*` is any one component (or part of
 * one), `**` any number of them; the bare id of a row (`S4`) is all of the row. No pattern selects everything.
 *
 * @throws UsageError when a pattern selects nothing
 */
export function select<C extends Pick<Case, 'name' | 'row'>>(
  cases: readonly C[],
  patterns: readonly string[],
): C[] {
  if (patterns.length === 0) return [...cases];
  const chosen = new Set<C>();
  for (const pattern of patterns) {
    const matches = cases.filter(matcherOf(pattern));
    if (matches.length === 0) {
      throw new UsageError(`no case matches ${JSON.stringify(pattern)}`, {
        hint: 'Case names are paths: `*` stands for one component, `**` for any number; a row is chosen by its id.',
      });
    }
    for (const match of matches) chosen.add(match);
  }
  return cases.filter((each) => chosen.has(each));
}

/** Whether one pattern selects a case, or what became of one. */
export function matcherOf(pattern: string): (each: Pick<Case, 'name' | 'row'>) => boolean {
  if (ROW_IDS.some((row) => row === pattern)) return (each) => each.row === pattern;
  const components = pattern.split('/');
  return ({ name }) => matches(components, name.split('/'));
}

function matches(pattern: readonly string[], name: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return name.length === 0;
  if (first === '**') {
    return matches(rest, name) || (name.length > 0 && matches(pattern, name.slice(1)));
  }
  const [component, ...further] = name;
  return component !== undefined && componentMatches(first, component) && matches(rest, further);
}

function componentMatches(pattern: string, component: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(component);
}
