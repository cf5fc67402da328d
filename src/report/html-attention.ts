import { WITNESSES } from '../conformance/outcomes.ts';
import type { Mismatch } from '../conformance/outcomes.ts';
import { linkTo, markup } from './escaping.ts';
import type { Fragment, Markup } from './escaping.ts';
import { casesByReason, casesByRow } from './grouping.ts';
import type { RowGroup } from './grouping.ts';
import type { Report, ReportCase } from './schema.ts';
import { endedOf } from './verdict.ts';
import { axesOf, counted, rerunCommand, rerunWords, rowTitle, unexpectedlyPassed } from './wording.ts';

/** What somebody has to look at: failures with what each witness said, then what did not run. Empty when green. */
export function attentionSection(report: Report): Markup {
  const of = (outcome: ReportCase['outcome']) => report.cases.filter((one) => one.outcome === outcome);
  const failed = [...of('failed'), ...of('unexpectedly-passed')];
  const rerun = rerunCommand(report);
  return markup`${failedSection(failed, report)}${notRunSection(of('could-not-run'), report)}${
    rerun === undefined ? '' : markup`<p class="rerun">${rerunWords(report)} <code>${rerun}</code></p>`
  }`;
}

function failedSection(failed: readonly ReportCase[], report: Report): Markup {
  if (failed.length === 0) return markup``;
  const planned = new Map(casesByRow(report.cases).map(({ row, cases }) => [row, cases.length]));
  return markup`<section aria-labelledby="failures"><h2 id="failures">What failed</h2>
${casesByRow(failed).map((group) => rowOfFailures(group, planned.get(group.row) ?? 0))}
</section>`;
}

function rowOfFailures({ row, cases }: RowGroup, planned: number): Markup {
  return markup`<h3>${rowTitle(row)} <small>${cases.length} of ${counted(planned, 'case')}; ${saidBy(cases)}</small></h3>
${cases.map(failureCard)}`;
}

/** Which witnesses disagree, and in how many cases: where they do not all say it, the fault lies between them. */
function saidBy(cases: readonly ReportCase[]): string {
  const said = WITNESSES.flatMap((witness) => {
    const count = cases.filter(({ mismatches }) => mismatches.some((one) => one.witness === witness)).length;
    return count === 0 ? [] : [`${witness} ${count}`];
  });
  return said.length === 0 ? 'no witness disagrees' : `said by ${said.join(', ')}`;
}

function failureCard(one: ReportCase): Markup {
  const judgement =
    one.outcome === 'unexpectedly-passed'
      ? markup`<p>${unexpectedlyPassed(one)}</p>`
      : mismatchTable(one.mismatches);
  return markup`<article class="card ${one.outcome}">
<h4>${one.title}</h4>
<p class="name"><code>${one.name}</code> ${axesOf(one).map((axis) => markup`<span class="tag">${axis}</span>`)}${
    one.configuration === '' ? '' : markup`<span class="tag">configuration ${one.configuration}</span>`
  }</p>
${(one.diagnoses ?? []).slice(0, 1).map(diagnosisOf)}
${judgement}
${framesOf(one)}
${one.evidence === undefined ? '' : markup`<p class="evidence"><a href="${linkTo(one.evidence)}/">Evidence of all witnesses</a></p>`}
</article>`;
}

/** The likeliest cause with the line to change; what else is possible stands in the evidence. */
function diagnosisOf({
  confidence,
  summary,
  change,
  because,
}: NonNullable<ReportCase['diagnoses']>[number]): Markup {
  return markup`<div class="diagnosis"><p><strong>${confidence} cause:</strong> ${summary}</p>
${
  change === undefined
    ? ''
    : markup`<p>Change <code>${change.object}</code> <code>${change.field}</code>, where <code>${change.found}</code> stands.</p>${
        change.patch === undefined
          ? ''
          : markup`<pre tabindex="0" aria-label="Patch as YAML">${change.patch}</pre>`
      }`
}<details><summary>Because</summary><ul>${because.map((fact) => markup`<li>${fact}</li>`)}</ul></details></div>`;
}

function framesOf({ frames }: ReportCase): Fragment {
  if (frames?.timeline === undefined) return '';
  return markup`<details class="frames" open><summary>Frames of both legs</summary>
<pre tabindex="0" aria-label="Frames of both legs on one time axis">${frames.timeline}</pre></details>`;
}

function mismatchTable(mismatches: readonly Mismatch[]): Markup {
  return markup`<table class="stack mismatches">
<thead><tr><th scope="col">Witness</th><th scope="col">What</th><th scope="col">Expected</th><th scope="col">Got</th><th scope="col">Rule from</th></tr></thead>
<tbody>${mismatches.map(
    ({ witness, what, expected, got, source }) => markup`
<tr><th scope="row" data-label="Witness">${witness}</th><td data-label="What">${what}</td><td data-label="Expected"><code>${marked(expected, got)}</code></td><td data-label="Got"><code class="got">${marked(got, expected)}</code></td><td data-label="Rule from" class="source">${source}</td></tr>`,
  )}
</tbody></table>`;
}

/**
 * `text` with the part marked in which it differs from `other`, if that is the lesser part of it: two long
 * cluster names are told apart at a glance, two unlike values are left alone.
 */
function marked(text: string, other: string): Fragment {
  const shorter = Math.min(text.length, other.length);
  let start = 0;
  while (start < shorter && text[start] === other[start]) start += 1;
  let end = 0;
  while (end < shorter - start && text.at(-1 - end) === other.at(-1 - end)) end += 1;
  const differing = text.slice(start, text.length - end);
  if (differing === '' || start + end <= text.length / 2) return text;
  return markup`${text.slice(0, start)}<mark>${differing}</mark>${text.slice(text.length - end)}`;
}

function notRunSection(kept: readonly ReportCase[], report: Report): Markup {
  const lost = report.planned - endedOf(report.totals);
  if (kept.length === 0 && lost <= 0) return markup``;
  return markup`<section aria-labelledby="not-run"><h2 id="not-run">What did not run</h2>
${casesByReason(kept).map(
  ({ reason, cases }) => markup`<article class="card could-not-run"><h4>${reason}</h4>
<details${cases.length <= 5 ? markup` open` : ''}><summary>${counted(cases.length, 'case')}</summary><ul class="names">
${cases.map((one) => markup`<li>${one.row} <code>${one.name}</code></li>`)}
</ul></details></article>`,
)}
${lost > 0 ? markup`<article class="card could-not-run"><h4>${counted(lost, 'planned case')} without any outcome</h4><p>The run ended before they were reached; the steps below say where.</p></article>` : ''}
</section>`;
}
