import { ROW_IDS } from '../conformance/outcomes.ts';
import type { Outcome, Row } from '../conformance/outcomes.ts';
import type { ReportCase } from './schema.ts';

/** Outcomes that somebody has to look at: they keep a run from being conformant. */
export const NEEDS_ATTENTION: readonly Outcome[] = ['failed', 'unexpectedly-passed', 'could-not-run'];

/** The cases of one row, in the order they ran in. */
export interface RowGroup {
  readonly row: Row;
  readonly cases: readonly ReportCase[];
}

/** Groups cases by row, in the order of the requirements; rows without a case are left out. */
export function casesByRow(cases: readonly ReportCase[]): readonly RowGroup[] {
  const groups = Map.groupBy(cases, ({ row }) => row);
  return ROW_IDS.flatMap((row) => {
    const ofRow = groups.get(row);
    return ofRow === undefined ? [] : [{ row, cases: ofRow }];
  });
}

/** The reasons that cases of one outcome give, most frequent first; what ends a mesh is said once, not per case. */
export function casesByReason(
  cases: readonly ReportCase[],
): readonly { reason: string; cases: ReportCase[] }[] {
  return [...Map.groupBy(cases, ({ reason }) => reason ?? 'no reason given')]
    .map(([reason, ofReason]) => ({ reason, cases: ofReason }))
    .sort((a, b) => b.cases.length - a.cases.length);
}
