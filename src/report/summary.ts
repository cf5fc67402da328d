import { styleText } from 'node:util';
import { OUTCOMES } from '../conformance/outcomes.ts';
import type { Mismatch, Outcome } from '../conformance/outcomes.ts';
import { visible } from './escaping.ts';
import { casesByReason, casesByRow } from './grouping.ts';
import type { Report, ReportCase } from './schema.ts';
import { endedOf, totalsOf } from './verdict.ts';
import type { Verdict } from './verdict.ts';
import {
  axesOf,
  counted,
  durationText,
  OUTCOME_WORDS,
  rerunCommand,
  rerunWords,
  rowTitle,
  unexpectedlyPassed,
  VERDICT_WORDS,
} from './wording.ts';
import type { ReportFiles } from './write.ts';

/** Those that a person at a terminal opens, or a program reads. */
type SummaryFiles = Pick<ReportFiles, 'json' | 'junit' | 'html'>;

/** How and for where a summary is drawn. */
export interface SummaryOptions {
  readonly colour: boolean;
  /** Columns of the terminal. Lines are folded to it where they have a space to fold at. */
  readonly width: number;
  /** Where the reports were written, as a person in the working directory would type it. */
  readonly files: SummaryFiles;
}

/** More failures than this are counted rather than shown: the page has room for them, a terminal has not. */
const SHOWN = 20;
/** Lines of frames shown with each. */
const SHOWN_FRAMES = 8;

type Tone = 'green' | 'red' | 'yellow' | 'magenta' | 'dim' | 'bold';
type Paint = (tone: Tone, text: string) => string;

const TONES: Readonly<Record<Outcome | Verdict, Tone>> = {
  passed: 'green',
  failed: 'red',
  'known-failing': 'yellow',
  'unexpectedly-passed': 'yellow',
  skipped: 'dim',
  'could-not-run': 'magenta',
  conformant: 'green',
  'not-conformant': 'red',
};

/** The end of a run in a terminal: what broke and who says so, row by row, the verdict, and what to do next. */
export function summary(report: Report, { colour, width, files }: SummaryOptions): string {
  const paint: Paint = (tone, text) => (colour ? styleText(tone, text, { validateStream: false }) : text);
  const blocks = [
    failures(report, width, files, paint),
    notRun(report, width, paint),
    withReasons('Failed as listed', 'known-failing', report, width, paint),
    withReasons('Skipped', 'skipped', report, width, paint),
    rows(report, paint),
    verdict(report, width, paint),
    whatNext(report, files, paint),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function failures(report: Report, width: number, files: SummaryFiles, paint: Paint): string[] {
  const failed = report.cases.filter(
    ({ outcome }) => outcome === 'failed' || outcome === 'unexpectedly-passed',
  );
  const inOrder = casesByRow(failed).flatMap(({ cases }) => cases);
  const shown = inOrder.slice(0, SHOWN).flatMap((one, index) => failure(one, index + 1, width, files, paint));
  const more = failed.length - SHOWN;
  if (more > 0) shown.push('', `  and ${more} more, all in ${visible(files.html)}`);
  return failed.length === 0 ? [] : [paint('bold', 'Failed'), ...shown];
}

function failure(
  one: ReportCase,
  number: number,
  width: number,
  files: SummaryFiles,
  paint: Paint,
): string[] {
  const axes = axesOf(one).join(', ');
  const head = folded(
    `${number}) `,
    `${rowTitle(one.row)}  ${one.name}${axes === '' ? '' : ` (${axes})`}`,
    2,
    width,
  );
  const said = one.mismatches.flatMap((mismatch) => disagreement(mismatch, width));
  const unexpected =
    one.outcome === 'unexpectedly-passed' ? folded('', unexpectedlyPassed(one), 5, width) : [];
  const evidence =
    one.evidence === undefined ? [] : [`     evidence: ${visible(besides(files.json, one.evidence))}`];
  return [
    '',
    ...head.map((line) => paint(TONES[one.outcome], line)),
    ...said,
    ...unexpected,
    ...explained(one, width),
    ...(one.concerns === undefined ? [] : folded('about ', one.concerns, 5, width)),
    ...onTheWire(one, width),
    ...evidence.map((line) => paint('dim', line)),
  ];
}

/** What explains it best, and the line to change. */
function explained({ diagnoses }: ReportCase, width: number): string[] {
  const [likeliest] = diagnoses ?? [];
  if (likeliest === undefined) return [];
  const { summary: said, confidence, change } = likeliest;
  return [
    ...folded(`${confidence}: `, said, 5, width),
    ...(change === undefined ? [] : folded('change: ', `${change.object}, ${change.field}`, 5, width)),
  ];
}

/** Frames to look at first. The last ones, since that is where an RPC went wrong. */
function onTheWire({ frames }: ReportCase, width: number): string[] {
  const lines = frames?.telling ?? [];
  if (lines.length === 0) return [];
  const left = lines.length - SHOWN_FRAMES;
  return [
    `     frames${left > 0 ? `, the last ${SHOWN_FRAMES} of ${lines.length} that tell` : ''}:`,
    ...lines.slice(-SHOWN_FRAMES).flatMap((line) => folded('', line, 7, width)),
  ];
}

/** One line where it fits; else expected above got, so that the eye finds the difference between long values. */
function disagreement({ what, expected, got, witness }: Mismatch, width: number): string[] {
  const line = `${what}: expected ${expected}, got ${got} [${witness}]`;
  if (line.length + 5 <= width && !line.includes('\n')) return [`     ${visible(line)}`];
  return [
    ...folded('', `${what} [${witness}]`, 5, width),
    ...folded('expected ', expected, 7, width),
    ...folded('got      ', got, 7, width),
  ];
}

function notRun(report: Report, width: number, paint: Paint): string[] {
  const kept = report.cases.filter(({ outcome }) => outcome === 'could-not-run');
  const lines = casesByReason(kept).flatMap(({ reason, cases }) => reasonLines(reason, cases, width));
  const lost = report.planned - endedOf(report.totals);
  if (lost > 0) lines.push(`  ${counted(lost, 'planned case')}: no outcome, the run ended before`);
  return lines.length === 0 ? [] : [paint('bold', 'Did not run'), ...lines];
}

function withReasons(title: string, wanted: Outcome, report: Report, width: number, paint: Paint): string[] {
  const cases = report.cases.filter(({ outcome }) => outcome === wanted);
  const lines = casesByReason(cases).flatMap((group) => reasonLines(group.reason, group.cases, width));
  return lines.length === 0 ? [] : [paint('bold', title), ...lines];
}

function reasonLines(reason: string, cases: readonly ReportCase[], width: number): string[] {
  const rowsOfReason = casesByRow(cases).map(({ row }) => row);
  return folded('', `${counted(cases.length, 'case')} (${rowsOfReason.join(', ')}): ${reason}`, 2, width);
}

function rows(report: Report, paint: Paint): string[] {
  const groups = casesByRow(report.cases);
  const column = Math.max(0, ...groups.map(({ row }) => aligned(row).length));
  return groups.map(
    ({ row, cases }) => `  ${aligned(row).padEnd(column)}  ${outcomes(totalsOf(cases), paint)}`,
  );
}

/** `S4   Path routing`: row ids have two or three characters. */
function aligned(row: ReportCase['row']): string {
  return rowTitle(row).replace(/^S\d+/, (id) => id.padEnd(4));
}

function outcomes(totals: Report['totals'], paint: Paint): string {
  return OUTCOMES.filter((outcome) => totals[outcome] > 0)
    .map((outcome) => paint(TONES[outcome], `${totals[outcome]} ${OUTCOME_WORDS[outcome].words}`))
    .join('  ');
}

function verdict(report: Report, width: number, paint: Paint): string[] {
  const { words, sign } = VERDICT_WORDS[report.verdict];
  const [first, ...rest] = folded(`${sign} `, `${words}: ${report.reason}`, 0, width);
  const totals = outcomes(report.totals, paint);
  const counts = `  ${report.planned} planned${totals === '' ? '' : `: ${totals}`}, in ${durationText(report.durationMs)}`;
  return [paint('bold', paint(TONES[report.verdict], first ?? '')), ...rest, counts];
}

function whatNext(report: Report, files: SummaryFiles, paint: Paint): string[] {
  const paths = [files.html, files.json, files.junit].map((file) => paint('dim', `  ${visible(file)}`));
  const rerun = rerunCommand(report);
  return rerun === undefined ? paths : [...paths, '', rerunWords(report), `  ${visible(rerun)}`];
}

/** The evidence folder is told as the report's own path is, relative or absolute. */
function besides(json: string, evidence: string): string {
  return json.replace(/[^/]*$/, evidence);
}

/**
 * Folds text at spaces, each further line under the first character behind `mark`. Words longer than a line are
 * left whole, so that paths and names can be copied.
 */
function folded(mark: string, text: string, indent: number, width: number): string[] {
  const room = Math.max(20, width - indent - mark.length);
  const lines = visible(text)
    .split('\n')
    .flatMap((line) => foldedLine(line, room));
  return lines.map(
    (line, index) => `${' '.repeat(indent)}${index === 0 ? mark : ' '.repeat(mark.length)}${line}`,
  );
}

function foldedLine(text: string, room: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
