import { casesByRow } from './grouping.ts';
import { SCHEMA_VERSION } from './schema.ts';
import type { Report } from './schema.ts';
import { endedOf, totalsOf, verdictOf } from './verdict.ts';
import type { Totals, Verdict } from './verdict.ts';
import { counted, rowTitle } from './wording.ts';

/** What a run knows when it ends; the rest of the report follows from it. */
export type RunFacts = Omit<Report, 'schemaVersion' | 'verdict' | 'reason' | 'totals'>;

/**
 * The report of a run. `stopped` says in one sentence what ended the run early, and becomes the reason when the
 * verdict is `could-not-run`; cases that it kept from running are in `facts.cases` or missing from them.
 */
export function assembleReport(facts: RunFacts, stopped?: string): Report {
  const totals = totalsOf(facts.cases);
  const verdict = verdictOf(totals, facts.planned);
  const reason =
    verdict === 'could-not-run' && stopped !== undefined ? stopped : reasonOf(verdict, totals, facts);
  return { schemaVersion: SCHEMA_VERSION, verdict, reason, totals, ...facts };
}

function reasonOf(verdict: Verdict, totals: Totals, { planned, cases }: RunFacts): string {
  switch (verdict) {
    case 'conformant':
      return conformantBecause(totals, planned);
    case 'not-conformant': {
      const bad = cases.filter(({ outcome }) => outcome === 'failed' || outcome === 'unexpectedly-passed');
      const rows = casesByRow(bad).map(({ row }) => rowTitle(row));
      const failed = totals.failed > 0 ? [`${totals.failed} of ${counted(planned, 'case')} failed`] : [];
      const passed = totals['unexpectedly-passed'];
      const unexpected = passed > 0 ? [`${passed} listed as known failing passed`] : [];
      return `${[...failed, ...unexpected].join(', ')}, in ${listed(rows)}.`;
    }
    case 'could-not-run': {
      if (planned === 0) return 'No case was planned, so nothing was proven.';
      const lost = planned - endedOf(totals);
      const kept = totals['could-not-run'];
      if (lost < 0) return `${counted(-lost, 'case')} more ended in an outcome than the ${planned} planned.`;
      const parts = [
        ...(kept > 0 ? [`${kept} of ${counted(planned, 'planned case')} could not run`] : []),
        ...(lost > 0 ? [`${counted(lost, 'planned case')} ${lost === 1 ? 'has' : 'have'} no outcome`] : []),
      ];
      return `${parts.join(' and ')}.`;
    }
  }
}

function conformantBecause(totals: Totals, planned: number): string {
  if (totals.skipped === planned)
    return `All ${counted(planned, 'planned case')} were skipped: nothing was proven.`;
  const skipped = totals.skipped > 0 ? [`${totals.skipped} skipped`] : [];
  const known = totals['known-failing'];
  const listedOnes = known > 0 ? [`${known} failed as listed`] : [];
  const rest = [...skipped, ...listedOnes];
  if (rest.length === 0) return planned === 1 ? 'The one case passed.' : `All ${planned} cases passed.`;
  return `${totals.passed} of ${counted(planned, 'case')} passed; ${rest.join(', ')}.`;
}

function listed(items: readonly string[]): string {
  if (items.length <= 1) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}
