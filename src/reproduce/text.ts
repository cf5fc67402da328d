import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import type { Mismatch } from '../conformance/outcomes.ts';
import type { AppliedFix, Reproduction } from './reproduction.ts';

/** Where everything was written, as a person in the working directory would type it. */
interface Written {
  readonly folder: string;
  readonly bundle?: string;
}

/** What was seen, for people: the symptom, the frames, the diagnosis, the fix. */
export function reproductionText(found: Reproduction, { folder, bundle }: Written): string {
  const { scenario, environment, versions, symptom, frames, diagnoses, fixed } = found;
  const { istio = 'unknown', envoy = 'unknown' } = versions;
  return [
    `${scenario.class}  ${scenario.title}`,
    `Reported as ${scenario.origin.join(', ')}.`,
    `Set up on ${environment.kind} "${environment.name}" (Istio ${istio}, Envoy ${envoy}): the case ${scenario.case}, broken by "${scenario.sabotage}".`,
    '',
    'Symptom',
    ...(found.problem === undefined ? [] : [`  It could not be seen: ${found.problem}`]),
    ...indented(symptom.map(mismatchText)),
    ...(found.reproduced || found.problem !== undefined
      ? []
      : ['  This is not the symptom that was foretold.']),
    '',
    ...(frames === undefined ? [] : ['Frames of both legs', ...indented(frames.trimEnd().split('\n')), '']),
    'Diagnosis',
    ...diagnosisLines(diagnoses[0]),
    ...(found.diagnosed || diagnoses.length === 0 ? [] : ['  This is not the cause that was foretold.']),
    '',
    'Fix',
    `  ${scenario.fix}`,
    ...(fixed === undefined ? [] : fixLines(fixed)),
    '',
    `Everything is in ${folder}${bundle === undefined ? '' : `; for somebody else: ${bundle}`}.`,
    '',
  ].join('\n');
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`.trimEnd());

const mismatchText = ({ witness, what, expected, got }: Mismatch): string =>
  `${witness}: ${what}: instead of ${expected}, ${got}`;

function diagnosisLines(diagnosis: Diagnosis | undefined): string[] {
  if (diagnosis === undefined) return ['  none'];
  const { cause, confidence, summary, change, because } = diagnosis;
  return indented([
    `${cause} (${confidence}): ${summary}`,
    ...because.map((fact) => `- ${fact}`),
    ...(change === undefined ? [] : [`Change ${change.object}, ${change.field}: ${change.found}`]),
    ...(change?.patch === undefined ? [] : indented(change.patch.trimEnd().split('\n'))),
  ]);
}

function fixLines({ from, works, mismatches, problem }: AppliedFix): string[] {
  const what = from === 'diagnosis' ? "the diagnosis's patch" : 'what was broken, put right';
  return indented([
    works
      ? `Applied: ${what}. The same RPC works now, by every witness.`
      : `Applied: ${what}. It does not help.`,
    ...(problem === undefined ? [] : [problem]),
    ...mismatches.map(mismatchText),
  ]);
}
