import type { Mismatch } from '../conformance/outcomes.ts';
import { markup } from './escaping.ts';
import type { Markup } from './escaping.ts';
import { casesByRow } from './grouping.ts';
import type { RowGroup } from './grouping.ts';
import type { Report, ReportCase } from './schema.ts';
import { endedOf, totalsOf } from './verdict.ts';
import { rowTitle, unexpectedlyPassed } from './wording.ts';

/**
 * The run as JUnit XML for CI systems: one test suite per row. JUnit has four outcomes and no verdict, so
 * known-failing is told as skipped, unexpectedly-passed as a failure, could-not-run as an error; and a run that
 * could not run for a reason no case carries gets an error of its own, lest a dashboard shows it green.
 */
export function junitXml(report: Report): string {
  const suites = casesByRow(report.cases).map((group) => rowSuite(group, report));
  const lost = report.planned !== endedOf(report.totals);
  const untold = report.verdict === 'could-not-run' && (lost || report.totals['could-not-run'] === 0);
  const { totals } = report;
  const counts = junitCounts(totals, untold ? 1 : 0);
  return markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="meshproof" ${counts} time="${seconds(report.durationMs)}" timestamp="${report.startedAt}">
${suites}${untold ? runSuite(report) : ''}</testsuites>
`.toString();
}

function rowSuite({ row, cases }: RowGroup, report: Report): Markup {
  const time = seconds(cases.reduce((sum, one) => sum + one.durationMs, 0));
  const counts = junitCounts(totalsOf(cases), 0);
  return markup`  <testsuite name="${rowTitle(row)}" ${counts} time="${time}" timestamp="${report.startedAt}">
${propertiesOf(report)}${cases.map(testCase)}  </testsuite>
`;
}

function runSuite(report: Report): Markup {
  return markup`  <testsuite name="run" tests="1" failures="0" errors="1" skipped="0">
${propertiesOf(report)}    <testcase name="the run as a whole" classname="meshproof">
      <error message="${report.reason}" type="could-not-run"/>
    </testcase>
  </testsuite>
`;
}

function junitCounts(totals: Report['totals'], moreErrors: number): Markup {
  const failures = totals.failed + totals['unexpectedly-passed'];
  const errors = totals['could-not-run'] + moreErrors;
  const skipped = totals.skipped + totals['known-failing'];
  const tests = endedOf(totals) + moreErrors;
  return markup`tests="${tests}" failures="${failures}" errors="${errors}" skipped="${skipped}"`;
}

function propertiesOf(report: Report): Markup {
  const { kind, name } = report.environment;
  const facts = [['environment', `${kind} ${name}`], ...Object.entries(report.versions)] as const;
  return markup`    <properties>
${facts.map(([key, value]) => markup`      <property name="${key}" value="${value}"/>\n`)}    </properties>
`;
}

function testCase(one: ReportCase): Markup {
  const head = markup`name="${one.name}" classname="meshproof.${one.row}" time="${seconds(one.durationMs)}"`;
  const body = outcomeElement(one);
  if (body === undefined) return markup`    <testcase ${head}/>\n`;
  return markup`    <testcase ${head}>\n      ${body}\n    </testcase>\n`;
}

function outcomeElement(one: ReportCase): Markup | undefined {
  switch (one.outcome) {
    case 'passed':
      return undefined;
    case 'failed': {
      const text = mismatchLines(one).join('\n');
      const evidence = one.evidence === undefined ? '' : `\nevidence: ${one.evidence}`;
      return markup`<failure message="${mismatchLines(one)[0] ?? ''}" type="mismatch">${text}${evidence}</failure>`;
    }
    case 'unexpectedly-passed':
      return markup`<failure message="${unexpectedlyPassed(one)}" type="unexpectedly-passed"/>`;
    case 'known-failing':
      return markup`<skipped message="${one.reason === undefined ? 'known failing' : `known failing: ${one.reason}`}">${mismatchLines(one).join('\n')}</skipped>`;
    case 'skipped':
      return markup`<skipped message="${one.reason}"/>`;
    case 'could-not-run':
      return markup`<error message="${one.reason}" type="could-not-run"/>`;
  }
}

function mismatchLines(one: ReportCase): string[] {
  return one.mismatches.map((mismatch) => `${mismatchText(mismatch)} (${mismatch.source})`);
}

function mismatchText({ what, expected, got, witness }: Mismatch): string {
  return `${what}: expected ${expected}, got ${got} [${witness}]`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
