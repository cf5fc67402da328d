import {
  DIFFERENCE_NAMES,
  KNOWN_DIFFERENCES,
  type DifferenceName,
  type KnownDifference,
} from '../../conformance/known-differences.ts';
import { parseVersionRange } from '../../conformance/version-range.ts';
import type { Report, ReportCase } from '../schema.ts';

/** A known difference between two reports, and the cases by which both have shown it. */
export interface ShownDifference extends KnownDifference {
  readonly name: DifferenceName;
  /** Empty where no case that passed in both is about it. */
  readonly shown: readonly ShownBy[];
}

/** What a case that passed in both reports has said of the version of each. */
export interface ShownBy {
  readonly case: string;
  readonly before: string;
  readonly after: string;
}

/**
 * What is known to differ between the versions of two reports, whichever of them is the newer one.
 *
 * @param pairs the cases that both reports have
 */
export function knownDifferences(
  before: Report,
  after: Report,
  pairs: readonly { readonly before: ReportCase | undefined; readonly after: ReportCase | undefined }[],
): ShownDifference[] {
  const shown = pairs.flatMap(({ before: then, after: now }) => {
    const [one, other] = [then?.behaviour, now?.behaviour];
    if (now === undefined || one === undefined || other?.difference !== one.difference) return [];
    return one.says === other.says
      ? []
      : [{ name: one.difference, case: now.name, before: one.says, after: other.says }];
  });
  return DIFFERENCE_NAMES.flatMap((name) => {
    const difference = KNOWN_DIFFERENCES[name];
    if (!liesBetween(difference, before, after)) return [];
    const own = shown.filter((each) => each.name === name);
    return [{ name, ...difference, shown: own.map(({ name: _name, ...by }) => by) }];
  });
}

function liesBetween({ component, since }: KnownDifference, before: Report, after: Report): boolean {
  const range = parseVersionRange(`>=${since}`);
  const [one, other] = [before.versions[component], after.versions[component]];
  if (one === undefined || other === undefined || range === undefined) return false;
  return range.includes(one) !== range.includes(other);
}
