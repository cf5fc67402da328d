import { TABLES, TABLE_IDS } from '../conformance/outcomes.ts';
import type { Report, ReportCase } from './schema.ts';
import { counted } from './wording.ts';

/** A table that cases have filled. */
export interface ToldTable {
  readonly title: string;
  /** The heads of its columns; that of the lines' own heads is not among them. */
  readonly columns: readonly string[];
  readonly lines: readonly { readonly head: string; readonly cells: readonly string[] }[];
}

/**
 * The tables that the cases of a report fill, in the order of their cases; one that no case has a word for is left
 * out. A cell says what its cases stand for only if all of them that ran have passed.
 */
export const toldTables = ({ cases }: Pick<Report, 'cases'>): readonly ToldTable[] =>
  TABLE_IDS.flatMap((id) => {
    const telling = cases.filter(({ cell }) => cell?.table === id);
    if (telling.length === 0) return [];
    const heads = (pick: 'line' | 'column') => [
      ...new Set(telling.flatMap(({ cell }) => (cell === undefined ? [] : [cell[pick]]))),
    ];
    const columns = heads('column');
    const lines = heads('line').map((head) => ({
      head,
      cells: columns.map((column) =>
        said(telling.filter(({ cell }) => cell?.line === head && cell.column === column)),
      ),
    }));
    return [{ title: TABLES[id], columns, lines }];
  });

function said(cases: readonly ReportCase[]): string {
  if (cases.length === 0) return '';
  const ran = cases.filter(({ outcome }) => outcome !== 'skipped' && outcome !== 'could-not-run');
  if (ran.length === 0) return 'not run';
  const others = ran.filter(({ outcome }) => outcome !== 'passed' && outcome !== 'unexpectedly-passed');
  if (others.length > 0) return `not as expected: ${counted(others.length, 'case')} of ${ran.length}`;
  return [...new Set(ran.flatMap(({ cell }) => (cell === undefined ? [] : [cell.says])))].join('; ');
}
