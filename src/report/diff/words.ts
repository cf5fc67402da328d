import { counted, durationText, OUTCOME_WORDS, VERDICT_WORDS } from '../wording.ts';
import type { Report } from '../schema.ts';
import type { ShownDifference } from './known.ts';
import type { ChangeKind, OutcomeChange, ReportDiff, Standing } from './compare.ts';

/** The headings of what changed, in the order in which a reader wants them. */
export const KINDS: readonly (readonly [kind: ChangeKind, title: string])[] = [
  ['regression', 'Regressions'],
  ['lost', 'Worked before, did not run after'],
  ['fix', 'Fixed'],
  ['other', 'Other changes'],
];

export const OTHERWISE = 'Fail in both, but not alike';
export const DURATIONS = 'Took notably longer or shorter';
export const FACTS = 'Tested with';
export const KNOWN = 'Known to differ between these versions';

/** A standing with its sign: `✓ passed`. */
export function standingText(standing: Standing): string {
  if (standing === 'absent') return '∅ absent';
  const { sign, words } = OUTCOME_WORDS[standing];
  return `${sign} ${words}`;
}

/** What a reader first wants to know of a changed case: its first mismatch, or the reason why it did not run. */
export function whyChanged({ after, case: one }: OutcomeChange): string {
  if (after !== one.outcome || after === 'passed') return '';
  const [first, ...more] = one.mismatches;
  if (first === undefined) return one.reason ?? '';
  const rest = more.length > 0 ? `, and ${more.length} more` : '';
  return `${first.what}: expected ${first.expected}, got ${first.got} [${first.witness}]${rest}`;
}

/** The whole comparison in one line. */
export function conclusion(diff: ReportDiff): string {
  const count = (wanted: ChangeKind) => diff.outcomes.filter(({ kind }) => kind === wanted).length;
  const parts = [
    [count('regression'), 'regressed'],
    [count('lost'), 'worked before and did not run after'],
    [count('fix'), 'fixed'],
    [count('other'), 'changed otherwise'],
    [diff.mismatches.length, 'fail in another way'],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, words]) => `${number} ${words}`);
  const rest = `${counted(diff.unchanged, 'case')} with the same outcome`;
  const changes = said.length === 0 ? '' : `${said.join(', ')}; `;
  return `${diff.regressed ? 'Regressed' : 'No regression'}: ${changes}${rest}.`;
}

/** `2.1 s → 8.4 s (4.0 times)`, or with the part that is left of it. */
export function durationChange(beforeMs: number, afterMs: number): string {
  const ratio = beforeMs === 0 ? '' : ` (${(afterMs / beforeMs).toFixed(2)} times)`;
  return `${durationText(beforeMs)} → ${durationText(afterMs)}${ratio}`;
}

/** Which report is meant: when it was and where, and what came of it. */
export function sideText({ startedAt, environment, versions, verdict, planned }: Report): string {
  const istio = versions.istio === undefined ? '' : `, Istio ${versions.istio}`;
  const when = `${startedAt.slice(0, 16).replace('T', ' ')} UTC`;
  return `${when}, ${environment.kind}${istio}: ${VERDICT_WORDS[verdict].words}, ${counted(planned, 'case')}`;
}

/** What cases have shown of a difference, each of which stands for those that have shown the same. */
export function shownTexts(
  shown: ShownDifference['shown'],
): { readonly name: string; readonly says: string }[] {
  const groups = new Map<string, string[]>();
  for (const { case: name, before, after } of shown) {
    const says = `${before} → ${after}`;
    groups.set(says, [...(groups.get(says) ?? []), name]);
  }
  return [...groups].map(([says, [first = '', ...more]]) => ({
    name: first,
    says: more.length === 0 ? says : `${says} (and ${counted(more.length, 'case')} more)`,
  }));
}
