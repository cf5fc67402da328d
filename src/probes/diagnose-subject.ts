import type { Cause } from '../diagnosis/causes.ts';
import { diagnose, inOrder } from '../diagnosis/diagnose.ts';
import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { evidencesOf } from './as-evidence.ts';
import type { OutsideFindings, Subject } from './findings.ts';
import { readInside } from './inside.ts';
import { diagnoseOutside } from './outside-rules.ts';
import { newIds, probeOutside } from './outside.ts';

/** What was looked at, what was seen, and what explains it. */
export interface SubjectDiagnosis {
  readonly found: OutsideFindings;
  /** The likeliest first; empty when nothing is amiss. */
  readonly diagnoses: readonly Diagnosis[];
  /** Whether the cluster was looked into. */
  readonly inside: boolean;
  /** What could not be read, one sentence each. */
  readonly notes: readonly string[];
}

/** What says only that nothing was found. */
const EMPTY_HANDED: readonly Cause[] = ['client-asked-otherwise'];

/**
 * Looks at a subject from outside, and with a cluster from within; changes nothing.
 *
 * @param cluster the subject's own, where there is access to it
 */
export async function diagnoseSubject(
  subject: Subject,
  cluster: Cluster | undefined,
  signal: AbortSignal,
): Promise<SubjectDiagnosis> {
  const ids = newIds();
  const found = await probeOutside(subject, ids, signal);
  const outside = diagnoseOutside(subject, found);
  if (cluster === undefined) return { found, diagnoses: inOrder(outside), inside: false, notes: [] };
  const { facts, notes } = await readInside(
    cluster,
    subject,
    [ids.call, ids.preflight, ids.web].map(({ rpcId }) => rpcId),
    signal,
  );
  const explained = evidencesOf(subject, found, ids, facts)
    .flatMap((evidence) => diagnose(evidence))
    .filter(({ cause }) => !EMPTY_HANDED.includes(cause));
  // What several probes stumbled over is named once.
  const once = inOrder(explained).filter(
    ({ cause }, i, all) => all.findIndex((each) => each.cause === cause) === i,
  );
  return { found, diagnoses: once.length > 0 ? once : inOrder(outside), inside: true, notes };
}
