import { styleText } from 'node:util';
import type { Mismatch } from '../../conformance/outcomes.ts';
import { visible } from '../escaping.ts';
import type { Report } from '../schema.ts';
import { rowTitle } from '../wording.ts';
import type { ChangeKind, OutcomeChange, ReportDiff } from './compare.ts';
import {
  DURATIONS,
  FACTS,
  KNOWN,
  KINDS,
  OTHERWISE,
  conclusion,
  durationChange,
  sideText,
  standingText,
  whyChanged,
  shownTexts,
} from './words.ts';

type Tone = 'green' | 'red' | 'yellow' | 'bold' | 'dim';
type Paint = (tone: Tone, text: string) => string;

const TONES: Readonly<Record<ChangeKind, Tone>> = {
  regression: 'red',
  lost: 'yellow',
  fix: 'green',
  other: 'dim',
};

/** The comparison for a terminal: what regressed first, the conclusion last. */
export function diffText(
  diff: ReportDiff,
  { before, after }: { readonly before: Report; readonly after: Report },
  colour: boolean,
): string {
  const paint: Paint = (tone, text) => (colour ? styleText(tone, text, { validateStream: false }) : text);
  const blocks = [
    [`before  ${sideText(before)}`, `after   ${sideText(after)}`].map(visible),
    facts(diff, paint),
    ...KINDS.map(([kind, title]) => outcomes(diff, kind, title, paint)),
    otherwise(diff, paint),
    durations(diff, paint),
    known(diff, paint),
    [paint('bold', paint(diff.regressed ? 'red' : 'green', conclusion(diff)))],
  ];
  const said = blocks.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `${said.join('\n\n')}\n`;
}

function headed(title: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : [paint('bold', title), ...lines];
}

function outcomes(diff: ReportDiff, kind: ChangeKind, title: string, paint: Paint): string[] {
  const changes = diff.outcomes.filter((change) => change.kind === kind);
  return headed(
    title,
    changes.flatMap((change) => outcomeLines(change, paint)),
    paint,
  );
}

function outcomeLines(change: OutcomeChange, paint: Paint): string[] {
  const { row, name, before, after, kind } = change;
  const why = visible(whyChanged(change));
  return [
    `  ${rowTitle(row)}  ${visible(name)}`,
    paint(TONES[kind], `    ${standingText(before)} → ${standingText(after)}`),
    ...(why === '' ? [] : [`    ${why}`]),
  ];
}

function otherwise({ mismatches }: ReportDiff, paint: Paint): string[] {
  const line = (sign: string, { what, expected, got, witness }: Mismatch) =>
    visible(`    ${sign} ${what}: expected ${expected}, got ${got} [${witness}]`);
  const lines = mismatches.flatMap(({ case: one, gone, added }) => [
    `  ${rowTitle(one.row)}  ${visible(one.name)}`,
    ...gone.map((mismatch) => line('-', mismatch)),
    ...added.map((mismatch) => line('+', mismatch)),
  ]);
  return headed(OTHERWISE, lines, paint);
}

function durations(diff: ReportDiff, paint: Paint): string[] {
  const lines = diff.durations.map(
    ({ what, name, beforeMs, afterMs }) =>
      `  ${what === 'step' ? 'step ' : ''}${visible(name)}  ${durationChange(beforeMs, afterMs)}`,
  );
  return headed(DURATIONS, lines, paint);
}

function facts(diff: ReportDiff, paint: Paint): string[] {
  const lines = diff.facts.map(({ name, before, after }) =>
    visible(`  ${name}  ${before ?? 'not said'} → ${after ?? 'not said'}`),
  );
  return headed(FACTS, lines, paint);
}

function known(diff: ReportDiff, paint: Paint): string[] {
  const lines = diff.known.flatMap(({ component, since, what, source, shown }) => [
    visible(`  ${component} ${since}  ${what} (${source})`),
    ...shownTexts(shown).map(({ name, says }) => visible(`    ${name}: ${says}`)),
  ]);
  return headed(KNOWN, lines, paint);
}
