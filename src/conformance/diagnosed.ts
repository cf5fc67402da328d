import type { Cause } from '../diagnosis/causes.ts';
import type { Row } from './outcomes.ts';
import type { CaseResult } from './result.ts';

/** A sabotage, what it was to be taken for, and what it was taken for. */
export interface Judged {
  readonly row: Row;
  readonly name: string;
  readonly sabotage: string;
  readonly foretold: readonly Cause[];
  /** The first diagnosis; `none` when there was none. */
  readonly given: Cause | 'none';
}

/** One cell of the confusion matrix: how often evidence of one cause was taken for another, or rightly for itself. */
export interface Cell {
  readonly foretold: Cause | 'nothing';
  readonly given: Cause | 'none';
  readonly count: number;
}

/** Sets the diagnoses that were given against those that were foretold. Where none is demanded nothing is judged. */
export function judgeDiagnoses(
  results: readonly CaseResult[],
  foretold: (row: Row, sabotage: string) => readonly Cause[] | undefined,
): Judged[] {
  return results.flatMap(({ row, name, sabotage, diagnoses }) => {
    const causes = sabotage === undefined ? undefined : foretold(row, sabotage.name);
    return sabotage === undefined || causes === undefined
      ? []
      : [
          {
            row,
            name,
            sabotage: sabotage.name,
            foretold: causes,
            given: diagnoses?.[0]?.cause ?? 'none',
          },
        ];
  });
}

/** Whether the diagnosis is one of those foretold. */
export const isRight = ({ foretold, given }: Judged): boolean => foretold.some((cause) => cause === given);

/** All rules against all evidence. Where several causes were foretold, the one given counts if it is among them. */
export function confusionMatrix(judged: readonly Judged[]): Cell[] {
  const cells = new Map<string, Cell>();
  for (const each of judged) {
    const { given } = each;
    const foretold = isRight(each) && given !== 'none' ? given : (each.foretold[0] ?? 'nothing');
    const key = `${foretold} ${given}`;
    cells.set(key, { foretold, given, count: (cells.get(key)?.count ?? 0) + 1 });
  }
  return [...cells.values()].toSorted(
    (a, b) => a.foretold.localeCompare(b.foretold) || a.given.localeCompare(b.given),
  );
}
