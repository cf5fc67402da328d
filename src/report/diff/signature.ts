import type { Mismatch } from '../../conformance/outcomes.ts';
import type { ReportCase } from '../schema.ts';

/** A case that fails in both reports, but says something else after. */
export interface SignatureChange {
  readonly case: ReportCase;
  /** Mismatches that only the report before has. */
  readonly gone: readonly Mismatch[];
  /** Mismatches that only the report after has. */
  readonly added: readonly Mismatch[];
}

/** What differs from run to run and says nothing about the failure: ids, addresses, measured times. */
const RUN_SPECIFIC: readonly (readonly [RegExp, string])[] = [
  [/\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/gi, '<id>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, '<address>'],
  [/\b\d+(?:\.\d+)? ?(?:ms|s)\b/g, '<time>'],
];

/** A mismatch without what differs from run to run: two of one signature are the same failure. */
function signatureOf({ witness, what, expected, got }: Mismatch): string {
  const said = [what, expected, got].map((text) =>
    RUN_SPECIFIC.reduce((kept, [pattern, name]) => kept.replaceAll(pattern, name), text),
  );
  return JSON.stringify([witness, ...said]);
}

const fails = (one: ReportCase) => one.outcome === 'failed' || one.outcome === 'known-failing';

/** What a case that fails in both reports says otherwise; empty for all other cases. */
export function changedSignature(pair: {
  readonly before: ReportCase | undefined;
  readonly after: ReportCase | undefined;
}): SignatureChange[] {
  const { before, after } = pair;
  if (before === undefined || after === undefined || !fails(before) || !fails(after)) return [];
  const gone = without(before.mismatches, after.mismatches);
  const added = without(after.mismatches, before.mismatches);
  return gone.length + added.length === 0 ? [] : [{ case: after, gone, added }];
}

function without(some: readonly Mismatch[], others: readonly Mismatch[]): Mismatch[] {
  const known = new Set(others.map(signatureOf));
  return some.filter((mismatch) => !known.has(signatureOf(mismatch)));
}
