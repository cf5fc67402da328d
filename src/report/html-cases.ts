import { OUTCOMES } from '../conformance/outcomes.ts';
import { linkTo, markup } from './escaping.ts';
import type { Markup } from './escaping.ts';
import { casesByRow, NEEDS_ATTENTION } from './grouping.ts';
import type { RowGroup } from './grouping.ts';
import type { Report, ReportCase } from './schema.ts';
import { totalsOf } from './verdict.ts';
import { axesOf, durationText, OUTCOME_WORDS, rowTitle } from './wording.ts';

/** Every case by row, with a filter that needs the page's script and is not shown without it. */
export function casesSection(report: Report): Markup {
  if (report.cases.length === 0) return markup``;
  const present = OUTCOMES.filter((outcome) => report.totals[outcome] > 0);
  const chips = present.map((outcome) => {
    const { words, sign } = OUTCOME_WORDS[outcome];
    return markup`<button type="button" class="chip ${outcome}" data-outcome="${outcome}" aria-pressed="false"><span class="sign" aria-hidden="true">${sign}</span>${words}</button>`;
  });
  return markup`<section aria-labelledby="cases"><h2 id="cases">Every case</h2>
<form class="filter" id="filter" hidden>
<label for="search">Filter</label><input id="search" type="search" placeholder="name, client, transport, configuration" autocomplete="off" spellcheck="false">
<div class="chips" role="group" aria-label="Outcomes to show">${chips}</div>
<output id="shown" for="search"></output>
</form>
${casesByRow(report.cases).map(rowOfCases)}
</section>`;
}

function rowOfCases({ row, cases }: RowGroup): Markup {
  const totals = totalsOf(cases);
  const open = cases.some(({ outcome }) => NEEDS_ATTENTION.includes(outcome));
  const counts = OUTCOMES.filter((outcome) => totals[outcome] > 0).map(
    (outcome) =>
      markup` <span class="count ${outcome}">${totals[outcome]} ${OUTCOME_WORDS[outcome].words}</span>`,
  );
  return markup`<details class="row" id="row-${row}"${open ? markup` open` : ''}>
<summary><b>${rowTitle(row)}</b>${counts}</summary>
<table class="stack cases"><thead><tr><th scope="col">Outcome</th><th scope="col">Case</th><th scope="col">Axes</th><th scope="col">Configuration</th><th scope="col" class="number">Time</th></tr></thead>
<tbody>${cases.map(caseLine)}
</tbody></table></details>`;
}

function caseLine(one: ReportCase): Markup {
  const { words, sign } = OUTCOME_WORDS[one.outcome];
  const why = one.reason === undefined ? '' : markup`<br><span class="why">${one.reason}</span>`;
  const frames =
    one.frames === undefined ? '' : markup` <a class="why" href="${linkTo(one.frames.file)}">frames</a>`;
  return markup`
<tr data-outcome="${one.outcome}"><td class="outcome ${one.outcome}"><span class="sign" aria-hidden="true">${sign}</span>${words}</td><th scope="row"><code>${one.name}</code>${frames}<br><span class="what">${one.title}</span>${why}</th><td>${axesOf(one).map((axis) => markup`<span class="tag">${axis}</span>`)}</td><td data-label="Configuration">${one.configuration}</td><td class="number">${durationText(one.durationMs)}</td></tr>`;
}
