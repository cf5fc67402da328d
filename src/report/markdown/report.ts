import { OUTCOMES, type Outcome } from '../../conformance/outcomes.ts';
import { casesByReason, casesByRow } from '../grouping.ts';
import type { Report, ReportCase } from '../schema.ts';
import { toldTables } from '../told-tables.ts';
import { endedOf, totalsOf } from '../verdict.ts';
import {
  counted,
  durationText,
  OUTCOME_WORDS,
  rerunCommand,
  rerunWords,
  rowTitle,
  unexpectedlyPassed,
  VERDICT_WORDS,
} from '../wording.ts';
import { code, inline, section, table } from './text.ts';

const MARKS = { conformant: '✅', 'not-conformant': '❌', 'could-not-run': '⚠️' } as const;

/** The run as Markdown for a job summary: the verdict, the rows, and what somebody has to look at. */
export function markdownReport(report: Report): string {
  const rerun = rerunCommand(report);
  const parts = [
    `## ${MARKS[report.verdict]} ${inline(`${VERDICT_WORDS[report.verdict].words}: ${report.reason}`)}`,
    facts(report),
    rows(report),
    failed(report),
    notRun(report),
    knownFailing(report),
    skipped(report),
    ...toldTables(report).map(({ title, columns, lines }) =>
      section(
        title,
        lines.length,
        table(
          ['', ...columns.map(inline)],
          lines.map(({ head, cells }) => [head, ...cells].map(inline)),
        ),
      ),
    ),
    rerun === undefined ? '' : `${rerunWords(report)} ${code(rerun)}`,
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function facts({ environment, versions, dataPlane, startedAt, durationMs, planned }: Report): string {
  const named = ['istio', 'envoy', 'kubernetes'].flatMap((name) => {
    const version = versions[name];
    return version === undefined ? [] : [`${name} ${version}`];
  });
  const stock = dataPlane?.stock === true ? ['stock Envoy'] : [];
  const when = `${startedAt.slice(0, 16).replace('T', ' ')} UTC`;
  const took = `${counted(planned, 'planned case')} in ${durationText(durationMs)}`;
  return inline([environment.kind, ...named, ...stock, when, took].join(' · '));
}

function rows(report: Report): string {
  const columns = OUTCOMES.filter((outcome) => outcome === 'passed' || report.totals[outcome] > 0);
  const lines = casesByRow(report.cases).map(({ row, cases }) => {
    const totals = totalsOf(cases);
    return [inline(rowTitle(row)), ...columns.map((outcome) => String(totals[outcome]))];
  });
  if (lines.length === 0) return '';
  return table(['Row', ...columns.map((outcome) => inline(OUTCOME_WORDS[outcome].words))], lines);
}

const ofOutcome = ({ cases }: Report, ...wanted: Outcome[]) =>
  casesByRow(cases.filter(({ outcome }) => wanted.includes(outcome))).flatMap((group) => group.cases);

function failed(report: Report): string {
  const cases = ofOutcome(report, 'failed', 'unexpectedly-passed');
  return caseSection('Failed', cases, (one) =>
    one.outcome === 'unexpectedly-passed' ? inline(unexpectedlyPassed(one)) : said(one),
  );
}

function knownFailing(report: Report): string {
  return caseSection('Failed as listed', ofOutcome(report, 'known-failing'), (one) =>
    one.reason === undefined ? said(one) : `Listed because of: ${inline(one.reason)}<br>${said(one)}`,
  );
}

function caseSection(title: string, cases: readonly ReportCase[], what: (one: ReportCase) => string): string {
  if (cases.length === 0) return '';
  const lines = cases.map((one) => [inline(rowTitle(one.row)), code(one.name), what(one)]);
  return section(`${title} (${cases.length})`, cases.length, table(['Row', 'Case', 'What was said'], lines));
}

function said({ mismatches }: ReportCase): string {
  return mismatches
    .map(({ what, expected, got, witness }) =>
      inline(`${what}: expected ${expected}, got ${got} [${witness}]`),
    )
    .join('<br>');
}

function notRun(report: Report): string {
  const lost = report.planned - endedOf(report.totals);
  const lines = reasons(ofOutcome(report, 'could-not-run'));
  if (lost > 0) lines.push([String(lost), '', 'no outcome: the run ended before they were reached']);
  return reasonSection('Did not run', lines);
}

const skipped = (report: Report) => reasonSection('Skipped', reasons(ofOutcome(report, 'skipped')));

function reasons(cases: readonly ReportCase[]): string[][] {
  return casesByReason(cases).map((group) => [
    String(group.cases.length),
    casesByRow(group.cases)
      .map(({ row }) => row)
      .join(', '),
    inline(group.reason),
  ]);
}

function reasonSection(title: string, lines: readonly (readonly string[])[]): string {
  return lines.length === 0 ? '' : section(title, lines.length, table(['Cases', 'Rows', 'Reason'], lines));
}
