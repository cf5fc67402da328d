import { visible } from './escaping.ts';
import { NEEDS_ATTENTION } from './grouping.ts';
import type { Report, ReportCase } from './schema.ts';
import { counted, rowTitle, unexpectedlyPassed } from './wording.ts';

/** GitHub shows ten errors of a step. The last one says how many there are beyond. */
const SHOWN = 10;

/**
 * What somebody has to look at, as GitHub's workflow commands: lines that its runner turns into annotations of the
 * job. Empty when there is nothing.
 */
export function githubAnnotations(report: Report): string[] {
  const wanted = report.cases.filter(({ outcome }) => NEEDS_ATTENTION.includes(outcome));
  if (wanted.length === 0 && report.verdict !== 'conformant') return [command('meshproof', report.reason)];
  const shown = wanted.length > SHOWN ? wanted.slice(0, SHOWN - 1) : wanted;
  const more = wanted.length - shown.length;
  return [
    ...shown.map((one) => command(`${rowTitle(one.row)}: ${one.name}`, messageFor(one))),
    ...(more > 0 ? [command('meshproof', `${counted(more, 'more case')}: see the report`)] : []),
  ];
}

function messageFor(one: ReportCase): string {
  if (one.outcome === 'unexpectedly-passed') return unexpectedlyPassed(one);
  const said = one.mismatches.map(
    ({ what, expected, got, witness }) => `${what}: expected ${expected}, got ${got} [${witness}]`,
  );
  return said.length > 0 ? said.join('\n') : (one.reason ?? one.outcome);
}

/** Percent, line ends, and in a property colon and comma are what the runner reads (actions/toolkit, command.ts). */
function command(title: string, message: string): string {
  const data = (text: string) =>
    visible(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const property = data(title).replaceAll(':', '%3A').replaceAll(',', '%2C');
  return `::error title=${property}::${data(message)}`;
}
