/**
 * Which releases are meant, as in `>=1.29 <1.31 || 1.33`: comparisons that must all hold, or one such group of
 * several. A version counts as far as it is written: `1.30` is every 1.30.x, `>1.30` begins with 1.31. What a build
 * puts behind its number does not count, unlike in semver: 1.31.0-eed52ebb66ad is a build of 1.31.0 and not before it.
 */
export interface VersionRange {
  includes(version: string): boolean;
}

type Operator = '<' | '<=' | '>' | '>=' | '=';

const COMPARISON = /^(<=|>=|<|>|=)?(\d+(?:\.\d+){0,2})$/;

/** @returns undefined where the text is no range */
export function parseVersionRange(text: string): VersionRange | undefined {
  const groups = text.split('||').map((group) => group.trim().split(/\s+/).map(comparisonOf));
  const sound = groups.map((group) => group.filter((comparison) => comparison !== undefined));
  if (sound.some((group, i) => group.length !== groups[i]?.length)) return undefined;
  return {
    includes: (version) => {
      const parts = partsOf(/\d+(?:\.\d+)*/.exec(version)?.[0] ?? '');
      return sound.some((group) => group.every((holds) => holds(parts)));
    },
  };
}

function comparisonOf(text: string): ((version: readonly number[]) => boolean) | undefined {
  const [, operator = '=', wanted] = COMPARISON.exec(text) ?? [];
  if (wanted === undefined) return undefined;
  const limit = partsOf(wanted);
  return (version) => holds(operator as Operator, difference(version, limit));
}

const partsOf = (version: string): number[] => version.split('.').map(Number);

/** Compares as far as the limit is written. */
function difference(version: readonly number[], limit: readonly number[]): number {
  const index = limit.findIndex((part, i) => (version[i] ?? 0) !== part);
  return index === -1 ? 0 : (version[index] ?? 0) - (limit[index] ?? 0);
}

function holds(operator: Operator, difference: number): boolean {
  switch (operator) {
    case '<':
      return difference < 0;
    case '<=':
      return difference <= 0;
    case '>':
      return difference > 0;
    case '>=':
      return difference >= 0;
    case '=':
      return difference === 0;
  }
}
