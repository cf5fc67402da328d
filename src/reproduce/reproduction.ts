import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import type { EnvironmentKind } from '../environments/environment.ts';
import type { CaseResult } from '../conformance/result.ts';
import type { Mismatch } from '../conformance/outcomes.ts';
import type { Scenario } from './scenario.ts';

/** What was changed to mend it, and whether it helped. */
export interface AppliedFix {
  /** Whose it is: the diagnosis's patch, or, without one, what was broken is put right again. */
  readonly from: 'diagnosis' | 'put right';
  /** What was applied, when it was the diagnosis's. */
  readonly patch?: string;
  readonly works: boolean;
  /** What is still wrong; empty when it works. */
  readonly mismatches: readonly Mismatch[];
  /** Why it could not be tried. */
  readonly problem?: string;
}

/** What came of setting a failure up. Plain data: `--json` prints it. */
export interface Reproduction {
  readonly scenario: Scenario;
  readonly environment: { readonly kind: EnvironmentKind; readonly name: string };
  readonly versions: Readonly<Record<string, string>>;
  /** Whether the symptom was seen, by the witness and in the words that were foretold. */
  readonly reproduced: boolean;
  /** Why not, when something else than the symptom kept it from being seen. */
  readonly problem?: string;
  /** What each witness saw instead of what a good RPC shows. */
  readonly symptom: readonly Mismatch[];
  /** The frames of both legs on one time axis; absent when nothing could be tapped. */
  readonly frames?: string;
  /** The likeliest first. */
  readonly diagnoses: readonly Diagnosis[];
  /** Whether the first of them is one of those that were foretold. */
  readonly diagnosed: boolean;
  /** There with `--fix`. */
  readonly fixed?: AppliedFix;
  /** The case under its sabotage, for the report. */
  readonly result: CaseResult;
}

/** Whether everything was as foretold: the symptom, its diagnosis, and the fix if one was tried. */
export const asForetold = ({ reproduced, diagnosed, fixed }: Reproduction): boolean =>
  reproduced && diagnosed && fixed?.works !== false;
