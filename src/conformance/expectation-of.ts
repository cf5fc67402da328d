import type { CaseRecord } from './case-record.ts';
import type { Expectation } from './expectation.ts';
import type { Case } from './model.ts';

/** What a case expects of the version of Istio that its record is from. */
export function expectationOf(
  { expectation, sinceIstio = {} }: Case,
  { istio }: Pick<CaseRecord, 'istio'>,
): Expectation {
  const newest = Object.keys(sinceIstio)
    .filter((since) => istio !== undefined && byVersion(since, istio) <= 0)
    .toSorted(byVersion)
    .at(-1);
  return { ...expectation, ...(newest === undefined ? {} : sinceIstio[newest]) };
}

/** Compares release numbers, `1.9` before `1.24.1`. What a build puts behind its number does not count. */
function byVersion(a: string, b: string): number {
  const parts = (version: string) => (/\d+(\.\d+)*/.exec(version)?.[0] ?? '').split('.').map(Number);
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
