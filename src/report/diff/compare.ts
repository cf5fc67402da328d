/** What became different between two reports, of whatever environments and versions. Pure: no words, no files. */
import type { Outcome, Row } from '../../conformance/outcomes.ts';
import type { Report, ReportCase } from '../schema.ts';
import { type DurationChange, notableDurations } from './durations.ts';
import { type FactChange, changedFacts } from './facts.ts';
import { type ShownDifference, knownDifferences } from './known.ts';
import { type SignatureChange, changedSignature } from './signature.ts';

/** An outcome, or that the report has no such case. */
export type Standing = Outcome | 'absent';

/**
 * What a changed outcome means:
 * - `regression`: it worked before (`passed`, `unexpectedly-passed`), and failed or could not run after.
 * - `lost`: it worked before, and was skipped or is absent after, from a report that has all planned cases. Only `strict` calls that a regression: it is
 *   ordinary between environments of other capabilities, and after `--only`.
 * - `fix`: it works after, and failed (`failed`, `known-failing`) or could not run before.
 * - `other`: all the rest; nothing that worked has stopped working unless somebody listed it as known failing.
 */
export type ChangeKind = 'regression' | 'lost' | 'fix' | 'other';

export interface OutcomeChange {
  readonly kind: ChangeKind;
  readonly name: string;
  readonly row: Row;
  readonly before: Standing;
  readonly after: Standing;
  /** The case as it is after; as it was before where it is not in the report after. */
  readonly case: ReportCase;
}

export interface ReportDiff {
  readonly regressed: boolean;
  /** In the order of the cases, those that are absent after last. */
  readonly outcomes: readonly OutcomeChange[];
  /** Cases that fail in both, but not alike. */
  readonly mismatches: readonly SignatureChange[];
  readonly durations: readonly DurationChange[];
  /** Versions, environment, and all else that was tested with. */
  readonly facts: readonly FactChange[];
  /** What is known to be otherwise between the versions that were tested. */
  readonly known: readonly ShownDifference[];
  /** How many cases both reports have with one and the same outcome. */
  readonly unchanged: number;
}

/** A case in both reports, or in one of them. */
export interface Pair {
  readonly before: ReportCase | undefined;
  readonly after: ReportCase | undefined;
}

/**
 * Compares two reports case by case, by their names.
 *
 * @param strict a case that worked before and is skipped or absent after is a regression, too
 */
export function compareReports(before: Report, after: Report, strict = false): ReportDiff {
  const pairs = paired(before.cases, after.cases);
  const missing = { before: whatMissing(before), after: whatMissing(after) };
  const outcomes = pairs.flatMap((pair) => changedOutcome(pair, missing));
  const both = pairs.filter((pair) => pair.before?.outcome === pair.after?.outcome);
  return {
    regressed: outcomes.some(({ kind }) => kind === 'regression' || (strict && kind === 'lost')),
    outcomes,
    mismatches: pairs.flatMap((pair) => changedSignature(pair)),
    durations: notableDurations(before, after, both),
    facts: changedFacts(before, after),
    known: knownDifferences(before, after, pairs),
    unchanged: both.length,
  };
}

/** A name may be there once for each environment; then the first of one report is the first of the other. */
function paired(before: readonly ReportCase[], after: readonly ReportCase[]): Pair[] {
  const then = byIdentity(before);
  const now = byIdentity(after);
  const kept = [...now].map(([key, one]): Pair => ({ before: then.get(key), after: one }));
  const gone = [...then]
    .filter(([key]) => !now.has(key))
    .map(([, one]): Pair => ({ before: one, after: undefined }));
  return [...kept, ...gone];
}

function byIdentity(cases: readonly ReportCase[]): Map<string, ReportCase> {
  const seen = new Map<string, number>();
  const ordered = cases.toSorted((a, b) => a.environment.localeCompare(b.environment));
  return new Map(
    ordered.map((one) => {
      const count = (seen.get(one.name) ?? 0) + 1;
      seen.set(one.name, count);
      return [`${count} ${one.name}`, one];
    }),
  );
}

/** A case that is not in the report of a run which lost planned cases may be one of those: it could not run. */
const whatMissing = ({ planned, cases }: Report): Standing =>
  planned > cases.length ? 'could-not-run' : 'absent';

function changedOutcome(
  { before, after }: Pair,
  missing: { readonly before: Standing; readonly after: Standing },
): OutcomeChange[] {
  const one = after ?? before;
  const standings = [before?.outcome ?? missing.before, after?.outcome ?? missing.after] as const;
  if (one === undefined || standings[0] === standings[1]) return [];
  const [was, is] = standings;
  return [{ kind: kindOf(was, is), name: one.name, row: one.row, before: was, after: is, case: one }];
}

const works = (standing: Standing) => standing === 'passed' || standing === 'unexpectedly-passed';

/** See {@link ChangeKind}. */
export function kindOf(before: Standing, after: Standing): ChangeKind {
  if (works(before)) {
    if (after === 'failed' || after === 'could-not-run') return 'regression';
    return after === 'skipped' || after === 'absent' ? 'lost' : 'other';
  }
  const failedBefore = before === 'failed' || before === 'known-failing' || before === 'could-not-run';
  return failedBefore && works(after) ? 'fix' : 'other';
}
