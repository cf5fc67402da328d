import type { Session } from '../conformance/session.ts';
import { conclude, lackedBy, type Prepared } from '../conformance/conclude.ts';
import { appliedChangeOf, isCaught } from '../conformance/sabotage.ts';
import type { CaseResult } from '../conformance/result.ts';
import type { EnvironmentKind } from '../environments/environment.ts';
import { messageOf } from '../errors.ts';
import { changeOf } from './fix.ts';
import type { AppliedFix, Reproduction } from './reproduction.ts';
import type { ResolvedScenario } from './scenario.ts';

/** The configuration that a mesh has when nobody has broken it: what `meshproof up` gives. */
const AS_IT_WAS = 'default';

interface Wish {
  readonly scenario: ResolvedScenario;
  readonly environment: EnvironmentKind;
  /** Try the fix, and see whether it helps. */
  readonly fix: boolean;
  /** Leave the failure, or what mended it, in the mesh. */
  readonly keep: boolean;
  /** Told what begins. */
  readonly onStep: (text: string) => void;
}

type Outcome = Omit<Reproduction, 'scenario' | 'environment' | 'versions'>;

/**
 * Sets a failure up, looks at it with every witness, and mends it if that is asked for. Whatever happens, the mesh is
 * then as it was, unless it is to be kept.
 *
 * @throws HarnessError when it could not be put back
 */
export async function perform(session: Session, wish: Wish): Promise<Outcome> {
  const { scenario, environment, fix, keep, onStep } = wish;
  const { each, broken, causes } = scenario;
  const lacking = lackedBy(session, each);
  try {
    onStep('setting the failure up');
    const prepared: Prepared =
      lacking.length > 0 ? { session } : await prepare(session, () => setUp(session, scenario));
    onStep('looking at it');
    const result = await conclude({ each, sabotage: broken, explain: true }, prepared, environment);
    const { mismatches, diagnoses = [], refused } = result;
    const first = diagnoses[0]?.cause;
    const outcome: Outcome = {
      reproduced: isCaught(broken, result),
      ...(result.reason === undefined || refused !== undefined ? {} : { problem: result.reason }),
      symptom:
        refused === undefined
          ? mismatches
          : [
              {
                witness: 'configuration',
                what: refused.object,
                expected: 'accepted',
                got: `refused: ${refused.reason}`,
                source: 'the API server',
              },
            ],
      ...(result.frames?.timeline === undefined ? {} : { frames: result.frames.timeline }),
      diagnoses,
      diagnosed: first !== undefined && (causes.length === 0 || causes.includes(first)),
      result,
    };
    if (!fix || !outcome.reproduced) return outcome;
    onStep('mending it');
    return { ...outcome, fixed: await mend(session, wish, result) };
  } finally {
    if (!keep) {
      onStep('putting everything back');
      await session.useConfiguration(AS_IT_WAS, {});
    }
  }
}

const setUp = (session: Session, { each, broken }: ResolvedScenario) =>
  session.useConfiguration(each.configuration, appliedChangeOf(broken));

async function prepare(session: Session, apply: () => Promise<void>): Promise<Prepared> {
  try {
    await apply();
    return { session };
  } catch (failure) {
    return { failure };
  }
}

/** The diagnosis's patch on top of what is broken; without one, what was broken is put right. */
async function mend(session: Session, wish: Wish, { diagnoses = [] }: CaseResult): Promise<AppliedFix> {
  const { scenario, environment } = wish;
  const { each, broken } = scenario;
  const [first] = diagnoses;
  const isApplied = Object.keys(appliedChangeOf(broken)).length > 0;
  const change = first === undefined || !isApplied ? undefined : changeOf(first);
  const patch = change === undefined ? undefined : first?.change?.patch;
  const prepared = await prepare(session, () =>
    change === undefined
      ? session.useConfiguration(each.configuration, {})
      : session.changeConfiguration(change, true),
  );
  if ('failure' in prepared) {
    const from = change === undefined ? 'put right' : 'diagnosis';
    return {
      from,
      ...(patch === undefined ? {} : { patch }),
      works: false,
      mismatches: [],
      problem: messageOf(prepared.failure),
    };
  }
  const { outcome, mismatches, reason } = await conclude({ each }, prepared, environment);
  return {
    from: change === undefined ? 'put right' : 'diagnosis',
    ...(patch === undefined ? {} : { patch }),
    works: outcome === 'passed',
    mismatches,
    ...(reason === undefined ? {} : { problem: reason }),
  };
}
