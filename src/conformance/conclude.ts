import { diagnose } from '../diagnosis/diagnose.ts';
import type { Capability, EnvironmentKind } from '../environments/environment.ts';
import { HarnessError, RefusedError, messageOf } from '../errors.ts';
import type { CaseRecord } from './case-record.ts';
import { keepFrames, keepRecord, writeEvidence } from './evidence-files.ts';
import { expectationOf } from './expectation-of.ts';
import { shownFrames } from './frames-report.ts';
import { evidenceOfRefusal, gatherEvidence } from './gather-evidence.ts';
import { judge } from './judge.ts';
import { KNOWN_DIFFERENCES } from './known-differences.ts';
import type { Case, Sabotage } from './model.ts';
import type { Mismatch } from './outcomes.ts';
import { describeInvocation, type CaseResult } from './result.ts';
import { runCase } from './run-case.ts';
import { isCaught, sabotaged } from './sabotage.ts';
import type { Session } from './session.ts';
import { parseVersionRange } from './version-range.ts';

/** One thing to run: a case as it stands, or under one of its sabotages. */
export interface Planned {
  readonly each: Case;
  readonly sabotage?: Sabotage;
  /** Keep the evidence and the frames under a sabotage, too: somebody wants to look at it. */
  readonly explain?: true;
}

/** What a case may run on: the session with its configuration applied, or why there is none. */
export type Prepared = { readonly session: Session } | { readonly failure: unknown };

type Conclusion = Pick<
  CaseResult,
  'outcome' | 'mismatches' | 'reason' | 'refused' | 'evidence' | 'diagnoses' | 'frames' | 'behaviour'
>;

/** Runs and judges a case. Whatever happens, it ends in one of the outcomes; nothing is thrown. */
export async function conclude(
  planned: Planned,
  prepared: Prepared,
  environment: EnvironmentKind,
): Promise<CaseResult> {
  const { each, sabotage } = planned;
  const started = performance.now();
  const conclusion =
    'failure' in prepared
      ? unprepared(each, sabotage, prepared.failure)
      : await runAndJudge(planned, prepared.session);
  const { name, row, title, configuration, invocation } = each;
  return {
    name,
    row,
    title,
    environment,
    configuration,
    ...describeInvocation(invocation),
    ...conclusion,
    ...(each.concerns === undefined ? {} : { concerns: each.concerns }),
    ...(each.cell === undefined ? {} : { cell: each.cell }),
    durationMs: performance.now() - started,
    ...(sabotage === undefined
      ? {}
      : {
          sabotage: {
            name: sabotage.name,
            caughtBy: sabotage.caughtBy,
            caught: isCaught(sabotage, conclusion),
          },
        }),
  };
}

/** What a case needs and the environment has not; with any of it the case is skipped. */
export const lackedBy = ({ capabilities }: Session, { needs = [] }: Case): Capability[] =>
  needs.filter((capability) => !capabilities.includes(capability));

/** Beside judging: what a case's actions have changed is as it was when everything has been asked. */
async function runAndJudge(planned: Planned, session: Session): Promise<Conclusion> {
  const { each, sabotage } = planned;
  const lacking = lackedBy(session, each);
  if (lacking.length > 0) {
    return {
      outcome: 'skipped',
      reason: `the environment has no ${lacking.map(lackOf).join(', ')}`,
      mismatches: [],
    };
  }
  const played = sabotaged(each, sabotage);
  try {
    try {
      return await playAndJudge(planned, played, session);
    } finally {
      if (played.actions?.some((action) => 'apply' in action) === true)
        await session.changeConfiguration({}, false);
    }
  } catch (error) {
    return couldNotRun(error);
  }
}

/** What a case that is about a difference between versions has shown of those it ran on. */
function behaviourOf({ differs }: Case, versions: CaseRecord): Pick<Conclusion, 'behaviour'> {
  if (differs === undefined) return {};
  const { component, since } = KNOWN_DIFFERENCES[differs.by];
  const version = versions[component];
  if (version === undefined) return {};
  const isNew = parseVersionRange(`>=${since}`)?.includes(version) === true;
  return { behaviour: { difference: differs.by, says: isNew ? differs.since : differs.before } };
}

/** @param played the case as it runs: under its sabotage, if there is one */
async function playAndJudge(
  { each, sabotage, explain }: Planned,
  played: Case,
  session: Session,
): Promise<Conclusion> {
  const { record, during } = await runCase(played, session);
  const mismatches = judge(expectationOf(each, record), record).map((mismatch) => located(each, mismatch));
  if (mismatches.length === 0) {
    if (sabotage !== undefined) return { outcome: 'passed', mismatches };
    await keepRecord(each.name, record, session);
    const frames = await framesOf(each.name, record, mismatches, session);
    return { outcome: 'passed', mismatches, ...frames, ...behaviourOf(each, record) };
  }
  const evidence = await gatherEvidence(played, { record, during }, mismatches, session);
  const diagnoses = diagnose(evidence);
  // A sabotaged case fails as it must: its evidence would only hide that of the cases that may not.
  if (sabotage !== undefined && explain === undefined) return { outcome: 'failed', mismatches, diagnoses };
  return {
    outcome: 'failed',
    mismatches,
    diagnoses,
    evidence: await writeEvidence(each.name, record, { mismatches, evidence, diagnoses }, session),
    ...(await framesOf(each.name, record, mismatches, session)),
  };
}

const located = ({ concerns }: Case, mismatch: Mismatch): Mismatch =>
  concerns === undefined ? mismatch : { ...mismatch, source: `${mismatch.source}; ${concerns}` };

function unprepared(each: Case, sabotage: Sabotage | undefined, failure: unknown): Conclusion {
  if (each.skippedWhenRefused === true && sabotage === undefined && failure instanceof RefusedError) {
    return { outcome: 'skipped', reason: failure.message, mismatches: [] };
  }
  return couldNotRun(failure);
}

/** Keeps the timelines of a tapped case, and shows that of the first call about which something was found. */
async function framesOf(
  caseName: string,
  record: CaseRecord,
  mismatches: readonly Mismatch[],
  session: Session,
): Promise<Pick<Conclusion, 'frames'>> {
  if (record.frames === undefined || record.calls.length === 0) return {};
  const file = await keepFrames(caseName, record, session);
  if (mismatches.length === 0) return { frames: { file } };
  const [, call = '1'] = /\(call (\d+) of/.exec(mismatches[0]?.what ?? '') ?? [];
  return { frames: { file, ...shownFrames(record, Number(call) - 1) } };
}

/** What is missing, and where there is one, the way to get it. */
const lackOf = (capability: Capability): string =>
  capability === 'browser' ? 'browser: "meshproof doctor" says how to get Chromium' : capability;

function couldNotRun(failure: unknown): Conclusion {
  const hint = failure instanceof HarnessError && failure.hint !== '' ? ` ${failure.hint}` : '';
  return {
    outcome: 'could-not-run',
    reason: `${messageOf(failure)}.${hint}`.replace(/([.!?])\.(?= |$)/, '$1'),
    mismatches: [],
    ...(failure instanceof RefusedError
      ? {
          refused: { object: failure.object, reason: failure.reason },
          diagnoses: diagnose(evidenceOfRefusal(failure)),
        }
      : {}),
  };
}
