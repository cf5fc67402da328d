import type { Evidence } from '../diagnosis/evidence.ts';
import type { RefusedError } from '../errors.ts';
import type { CaseRecord } from './case-record.ts';
import type { Case } from './model.ts';
import type { Mismatch } from './outcomes.ts';
import { requestFactsOf } from './request-facts.ts';
import type { Session } from './session.ts';

/** Everything a diagnosis may know of a case that failed. Neither its name nor what was broken is part of it. */
export async function gatherEvidence(
  { invocation }: Case,
  record: CaseRecord,
  mismatches: readonly Mismatch[],
  session: Pick<Session, 'configured' | 'target'>,
): Promise<Evidence> {
  const request = requestFactsOf(invocation, session.target.host);
  return {
    calls: request === undefined ? [] : record.calls.map((call) => ({ request, ...call })),
    disagreements: mismatches.map(({ witness, what, expected, got }) => ({ witness, what, expected, got })),
    refusals:
      record.admission?.accepted === false
        ? [{ object: 'what was to be applied', reason: record.admission.message }]
        : [],
    ...(await session.configured()),
    at: new Date().toISOString(),
  };
}

/** What can be said when an object was refused, so that nothing was called. */
export const evidenceOfRefusal = ({ object, reason }: RefusedError): Evidence => ({
  calls: [],
  disagreements: [],
  refusals: [{ object, reason }],
  objects: [],
  secrets: [],
  gatewayNamespace: '',
  at: new Date().toISOString(),
});
