/** The words that all reports for people share, so that the terminal and the page say the same thing. */
import { ROWS } from '../conformance/outcomes.ts';
import type { Outcome, Row } from '../conformance/outcomes.ts';
import { casesByRow, NEEDS_ATTENTION } from './grouping.ts';
import type { Report, ReportCase } from './schema.ts';
import type { Verdict } from './verdict.ts';

/** An outcome in words, and the sign beside it: nobody has to tell outcomes apart by colour. */
export const OUTCOME_WORDS: Readonly<Record<Outcome, { readonly words: string; readonly sign: string }>> = {
  passed: { words: 'passed', sign: '✓' },
  failed: { words: 'failed', sign: '✗' },
  'known-failing': { words: 'known failing', sign: '≈' },
  'unexpectedly-passed': { words: 'unexpectedly passed', sign: '!' },
  skipped: { words: 'skipped', sign: '–' },
  'could-not-run': { words: 'could not run', sign: '?' },
};

/** A verdict in words. */
export const VERDICT_WORDS: Readonly<Record<Verdict, { readonly words: string; readonly sign: string }>> = {
  conformant: { words: 'Conformant', sign: '✓' },
  'not-conformant': { words: 'Not conformant', sign: '✗' },
  'could-not-run': { words: 'Could not run', sign: '?' },
};

/** What an unexpectedly passed case is about; it has no mismatch of its own to show. */
export function unexpectedlyPassed({ reason }: ReportCase): string {
  const why = reason === undefined ? '' : ` It is listed because of: ${reason}`;
  return `It is listed as known failing, yet it passed: take it off the list.${why}`;
}

/** `S4 Path routing`. */
export function rowTitle(row: Row): string {
  return `${row} ${ROWS[row]}`;
}

/** `1 case`, `2 cases`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** How a duration in milliseconds is told to a person: `41 ms`, `3.2 s`, `2 min 41 s`. */
export function durationText(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${seconds % 60} s`;
}

/** The axes a case stands on, for showing beside its name. */
export function axesOf(one: ReportCase): readonly string[] {
  return [one.transport, one.rpcKind, one.client].filter(
    (axis) => axis !== undefined && axis !== '',
  ) as string[];
}

/**
 * The command that runs again what is not green, on a mesh as it was asked for: one case by its name, more by their rows, and everything when
 * planned cases are missing from the report. Undefined when all is green.
 */
export function rerunCommand(report: Report): string | undefined {
  const wanted = report.cases.filter(({ outcome }) => NEEDS_ATTENTION.includes(outcome));
  const lost = report.planned > report.cases.length;
  if (wanted.length === 0 && !lost) return undefined;
  const patterns =
    wanted.length === 1
      ? wanted.map(({ row, name }) => `${row}/${name}`)
      : casesByRow(wanted).map(({ row }) => `${row}/**`);
  const { kind } = report.environment;
  const options = [
    ...(kind === 'local' ? [] : [`--env ${kind}`]),
    ...askedOptions(report),
    ...(report.patch ?? []).map((file) => `--patch ${quoted(file)}`),
    ...(report.knownFailing ?? []).map((file) => `--known-failing ${quoted(file)}`),
    ...(lost ? [] : patterns.map((pattern) => `--only ${quoted(pattern)}`)),
  ];
  return ['npm run e2e', ...(options.length > 0 ? ['--'] : []), ...options].join(' ');
}

/** What stands before {@link rerunCommand}. */
export function rerunWords({ cases }: Report): string {
  const untapped = cases.some(({ outcome, frames }) => outcome === 'failed' && frames === undefined);
  return `Run again what is not green${untapped ? ' (with --tap to see the frames of both legs)' : ''}:`;
}

/** What was asked of the mesh, as one types it; nothing for what was left to itself. */
export function askedOptions({ asked }: Report): string[] {
  const { images = 'auto', istioVersion, envoyVersion, profile, hub, tag, set = [] } = asked ?? {};
  const source = images === 'auto' ? undefined : images;
  const single = {
    images: source,
    'istio-version': istioVersion,
    'envoy-version': envoyVersion,
    profile,
    hub,
    tag,
  };
  return [
    ...Object.entries(single).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name} ${quoted(value)}`],
    ),
    ...set.map((assignment) => `--set ${quoted(assignment)}`),
  ];
}

function quoted(argument: string): string {
  return /^[\w./:@=+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
