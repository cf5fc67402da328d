import { styleText } from 'node:util';
import type { Finding, Severity } from '../lint/rule.ts';
import type { Source } from '../lint/read/reading.ts';
import { visible } from './escaping.ts';

const TONES = { error: 'red', warning: 'yellow', note: 'dim' } as const;

/** Longest part of a source line that is shown; minified JSON has no line breaks. */
const SHOWN_COLUMNS = 140;

/** Findings for people: by file, each with its line, a caret below the field, and the way out; the reason once for each rule. */
export function findingsText(
  findings: readonly Finding[],
  sources: readonly Source[],
  colour: boolean,
): string {
  const paint: Paint = (tone, text) => (colour ? styleText(tone, text, { validateStream: false }) : text);
  const lines = new Map(sources.map(({ name, text }) => [name, text.split(/\r?\n/)]));
  const explained = new Set<string>();
  const isFirst = ({ rule }: Finding) => {
    const first = !explained.has(rule);
    explained.add(rule);
    return first;
  };
  const byFile = Map.groupBy(findings, ({ location, object }) => location?.file ?? object);
  return [...byFile]
    .map(([file, found]) =>
      [paint('bold', visible(file)), ...found.map((each) => block(each, lines, paint, isFirst(each)))].join(
        '\n\n',
      ),
    )
    .map((text) => `${text}\n\n`)
    .join('');
}

type Paint = (tone: 'red' | 'yellow' | 'dim' | 'bold', text: string) => string;

function block(
  finding: Finding,
  lines: ReadonlyMap<string, readonly string[]>,
  paint: Paint,
  explain: boolean,
): string {
  const { location, severity, rule } = finding;
  const place = location ? `${location.line}:${location.column}` : finding.object;
  return [
    `  ${place}  ${paint(TONES[severity], severity)}  ${paint('bold', rule)}  ${visible(finding.message)}`,
    ...excerpt(finding, lines, paint),
    ...finding.related.map(({ message, location: at, object }) =>
      paint(
        'dim',
        `    see ${visible(at ? `${at.file}:${at.line}:${at.column}` : object)}  ${visible(message)}`,
      ),
    ),
    ...(!explain || finding.why === '' ? [] : [`    why: ${finding.why}`]),
    ...(finding.fix === '' ? [] : [`    fix: ${finding.fix}`]),
    ...(explain ? finding.links : []).map((link) => paint('dim', `    ${link}`)),
  ].join('\n');
}

/** The line with a caret below each column of the field. */
function excerpt(
  { location, severity }: Finding,
  lines: ReadonlyMap<string, readonly string[]>,
  paint: Paint,
): string[] {
  const text = location && lines.get(location.file)?.[location.line - 1];
  if (!location || text === undefined) return [];
  const cut = Math.max(0, location.column - SHOWN_COLUMNS / 2);
  const shown = text.slice(cut, cut + SHOWN_COLUMNS);
  const start = location.column - 1 - cut;
  const end = location.endLine === location.line ? location.endColumn - 1 - cut : shown.length;
  const width = Math.max(1, Math.min(end, shown.length) - start);
  const margin = String(location.line).length;
  // A tab before the caret must be as wide as in the line above it.
  const indent = shown.slice(0, start).replaceAll(/[^\t]/g, ' ');
  return [
    `    ${location.line} | ${visible(shown)}`,
    `    ${' '.repeat(margin)} | ${indent}${paint(TONES[severity], '^'.repeat(width))}`,
  ];
}

/** `2 errors, 1 warning`; `no findings` where there is nothing. */
export function countsText(findings: readonly Finding[]): string {
  const counts = (['error', 'warning', 'note'] as const).flatMap((severity: Severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}${count === 1 ? '' : 's'}`];
  });
  return counts.length === 0 ? 'no findings' : counts.join(', ');
}
