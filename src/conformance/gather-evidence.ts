import type { CallEvidence, Disagreement, Evidence } from '../diagnosis/evidence.ts';
import { type RefusedError, WaitTimeoutError } from '../errors.ts';
import type { CallRecord } from './case-record.ts';
import { expectationOf } from './expectation-of.ts';
import type { Case, Invocation } from './model.ts';
import type { Mismatch } from './outcomes.ts';
import { requestFactsOf } from './request-facts.ts';
import type { CaseRun } from './run-case.ts';
import type { Session } from './session.ts';

type Asked = Pick<Session, 'inEffect' | 'target' | 'gatewayLog' | 'signal'>;

/** Calls that belong together: the case's own, or those of one of its actions. */
interface Calls {
  readonly invocation: Invocation;
  readonly records: readonly CallRecord[];
  readonly disagreements: readonly Disagreement[];
}

/**
 * Everything a diagnosis may know of a case that failed. Neither its name nor what was broken is part of it. Of a case
 * with actions it is the calls of which something was found first, with what was in effect when they were made.
 */
export async function gatherEvidence(
  played: Case,
  { record, during }: CaseRun,
  mismatches: readonly Mismatch[],
  session: Asked,
): Promise<Evidence> {
  const as = ofAction(played, mismatches);
  const { invocation, records, disagreements } =
    as === undefined
      ? {
          invocation: played.invocation,
          records: record.calls,
          disagreements: mismatches.map(asDisagreement),
        }
      : callsOf(as, record.meanwhile?.[as.as] ?? [], mismatches);
  const request = requestFactsOf(invocation, session.target.host);
  const expectation = expectationOf(played, record);
  const judged = as === undefined ? expectation.gateway : expectation.meanwhile?.[as.as]?.gateway;
  const calls = await Promise.all(
    request === undefined
      ? []
      : records.map(async (call) => ({
          request,
          ...call,
          ...(judged === undefined && (await logged(call, session))),
        })),
  );
  const now = session.inEffect();
  const then = as === undefined ? now : (during[as.as] ?? now);
  return {
    calls,
    disagreements,
    refusals:
      record.admission?.accepted === false
        ? [{ object: 'what was to be applied', reason: record.admission.message }]
        : [],
    // What the gateway made of a configuration nobody can ask any more when another has come.
    ...(then === now ? await now.ask() : then.applied),
    at: new Date().toISOString(),
  };
}

/** What the gateway logged of a call. A case that does not judge it has not waited for it either. */
async function logged(
  { client: { rpcId }, ledger }: CallRecord,
  { gatewayLog, signal }: Asked,
): Promise<Pick<CallEvidence, 'gateway'>> {
  let gateway = gatewayLog.linesOf(rpcId);
  const made = () => gateway.reduce((sum, { attempts }) => sum + Math.max(1, Number(attempts ?? 1)), 0);
  // What has reached a service has a line, or will have one; one who retries by himself has several.
  while (made() < ledger.length) {
    try {
      const more = await gatewayLog.waitForLines(rpcId, gateway.length + 1, signal);
      if (more.length <= gateway.length) break;
      gateway = more;
    } catch (error) {
      if (error instanceof WaitTimeoutError) break;
      throw error;
    }
  }
  return { gateway };
}

type Invoke = Extract<NonNullable<Case['actions']>[number], { readonly as: string }>;

/** The action about whose calls the first mismatch is; undefined when it is about the case's own. */
const ofAction = ({ actions = [] }: Case, [first]: readonly Mismatch[]): Invoke | undefined =>
  actions.find((action): action is Invoke => 'as' in action && isAbout(action, first?.what ?? ''));

/** As the judge names them: `grpc-status (one more)`, `grpc-status (one more, call 2 of 3)`. */
const isAbout = ({ as }: Invoke, what: string): boolean =>
  what.endsWith(`(${as})`) || what.includes(`(${as}, `);

function callsOf(action: Invoke, records: readonly CallRecord[], mismatches: readonly Mismatch[]): Calls {
  const { as, invoke } = action;
  const about = mismatches.filter(({ what }) => isAbout(action, what)).map(asDisagreement);
  return {
    invocation: invoke,
    records,
    disagreements: about.map((each) => ({
      ...each,
      what: each.what.replace(` (${as})`, '').replace(`(${as}, `, '('),
    })),
  };
}

const asDisagreement = ({ witness, what, expected, got }: Mismatch): Disagreement => ({
  witness,
  what,
  expected,
  got,
});

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
