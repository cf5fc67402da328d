import type { Mismatch } from '../../conformance/outcomes.ts';
import { code, inline, section, table } from '../markdown/text.ts';
import type { Report } from '../schema.ts';
import { rowTitle } from '../wording.ts';
import type { ReportDiff } from './compare.ts';
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

/** The comparison as Markdown, for a job summary. Long lists are folded away. */
export function diffMarkdown(
  diff: ReportDiff,
  { before, after }: { readonly before: Report; readonly after: Report },
): string {
  const parts = [
    `## ${diff.regressed ? '❌' : '✅'} ${inline(conclusion(diff))}`,
    `Before: ${inline(sideText(before))}<br>After: ${inline(sideText(after))}`,
    ...KINDS.map(([kind, title]) => outcomes(diff, kind, title)),
    otherwise(diff),
    facts(diff),
    durations(diff),
    known(diff),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function headed(title: string, heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  return section(`${title} (${rows.length})`, rows.length, table(heads, rows));
}

function outcomes(diff: ReportDiff, kind: (typeof KINDS)[number][0], title: string): string {
  const rows = diff.outcomes
    .filter((change) => change.kind === kind)
    .map((change) => [
      inline(rowTitle(change.row)),
      code(change.name),
      inline(standingText(change.before)),
      inline(standingText(change.after)),
      inline(whyChanged(change)),
    ]);
  return headed(title, ['Row', 'Case', 'Before', 'After', 'Why'], rows);
}

function otherwise({ mismatches }: ReportDiff): string {
  const said = (some: readonly Mismatch[]) =>
    some
      .map(({ what, expected, got, witness }) =>
        inline(`${what}: expected ${expected}, got ${got} [${witness}]`),
      )
      .join('<br>');
  const rows = mismatches.map(({ case: one, gone, added }) => [
    inline(rowTitle(one.row)),
    code(one.name),
    said(gone),
    said(added),
  ]);
  return headed(OTHERWISE, ['Row', 'Case', 'No longer said', 'Said instead'], rows);
}

function facts(diff: ReportDiff): string {
  const rows = diff.facts.map(({ name, before, after }) => [
    inline(name),
    inline(before ?? 'not said'),
    inline(after ?? 'not said'),
  ]);
  return headed(FACTS, ['', 'Before', 'After'], rows);
}

function durations(diff: ReportDiff): string {
  const rows = diff.durations.map(({ what, name, beforeMs, afterMs }) => [
    what,
    code(name),
    inline(durationChange(beforeMs, afterMs)),
  ]);
  return headed(DURATIONS, ['', 'Name', 'Time'], rows);
}

function known(diff: ReportDiff): string {
  const rows = diff.known.map(({ component, since, what, source, shown }) => [
    inline(`${component} ${since}`),
    inline(what),
    shownTexts(shown)
      .map(({ name, says }) => `${code(name)}: ${inline(says)}`)
      .join('<br>'),
    inline(source),
  ]);
  return headed(KNOWN, ['Since', 'What', 'Shown by', 'Source'], rows);
}
