import { OUTCOMES, ROW_IDS, ROWS } from '../conformance/outcomes.ts';
import { markup } from './escaping.ts';
import type { Fragment, Markup } from './escaping.ts';
import { casesByRow } from './grouping.ts';
import type { Report } from './schema.ts';
import { toldTables } from './told-tables.ts';
import { totalsOf } from './verdict.ts';
import { askedOptions, durationText, OUTCOME_WORDS, rowTitle } from './wording.ts';

/** Rows of the requirements by outcome. Rows without a case are named: what was not asked was not proven. */
export function rowsSection(report: Report): Markup {
  // Columns that no case fell into would only push the others off a phone's screen.
  const columns = OUTCOMES.filter(
    (outcome) => outcome === 'passed' || outcome === 'failed' || report.totals[outcome] > 0,
  );
  const asked = new Set(report.cases.map(({ row }) => row));
  const notAsked = ROW_IDS.filter((row) => !asked.has(row)).map(rowTitle);
  const heads = columns.map((outcome) => {
    const { words, sign } = OUTCOME_WORDS[outcome];
    return markup`<th scope="col" class="number"><span class="sign" aria-hidden="true">${sign}</span>${words}</th>`;
  });
  const lines = casesByRow(report.cases).map(({ row, cases }) => {
    const totals = totalsOf(cases);
    const cells = columns.map((outcome) =>
      totals[outcome] === 0
        ? markup`<td class="number zero">0</td>`
        : markup`<td class="number ${outcome}"><b>${totals[outcome]}</b></td>`,
    );
    const time = durationText(cases.reduce((sum, one) => sum + one.durationMs, 0));
    return markup`
<tr><th scope="row"><a href="#row-${row}"><b>${row}</b> ${ROWS[row]}</a></th>${cells}<td class="number time">${time}</td></tr>`;
  });
  return markup`<section aria-labelledby="rows"><h2 id="rows">Row by row</h2>
<div class="scroll"><table class="matrix"><thead><tr><th scope="col">Row</th>${heads}<th scope="col" class="number time">time</th></tr></thead>
<tbody>${lines}
</tbody></table></div>
${notAsked.length === 0 ? '' : markup`<p class="hint">No case in this run, so nothing proven: ${notAsked.join(', ')}.</p>`}</section>`;
}

/** What works for whom, as cases have shown it. */
export function toldSection(report: Report): Markup {
  return markup`${toldTables(report).map(
    ({ title, columns, lines }) => markup`<section><h2>${title}</h2>
<div class="scroll"><table><thead><tr><th scope="col"></th>${columns.map((column) => markup`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${lines.map(
      ({ head, cells }) => markup`
<tr><th scope="row">${head}</th>${cells.map((text) => markup`<td>${text}</td>`)}</tr>`,
    )}
</tbody></table></div></section>`,
  )}`;
}

/** What the run spent its time on. */
export function stepsSection({ steps }: Report): Markup {
  if (steps.length === 0) return markup``;
  const longest = Math.max(...steps.map(({ seconds }) => seconds), 0.001);
  return markup`<section aria-labelledby="steps"><h2 id="steps">Where the time went</h2>
<table class="steps"><thead><tr><th scope="col">Step</th><th scope="col" aria-hidden="true"></th><th scope="col" class="number">Time</th></tr></thead>
<tbody>${steps.map(
    ({ title, seconds, ok }) => markup`
<tr${ok ? '' : markup` class="failed"`}><th scope="row">${title}${ok ? '' : markup` <b>✗ failed</b>`}</th><td class="bar" aria-hidden="true"><span style="width:${((100 * seconds) / longest).toFixed(1)}%"></span></td><td class="number">${durationText(seconds * 1000)}</td></tr>`,
  )}
</tbody></table><p class="hint">Steps may overlap, so they need not add up to the whole.</p></section>`;
}

/** What exactly was tested: versions, data plane, images, patches, command. */
export function configurationSection(report: Report): Markup {
  const { versions, environment, dataPlane, images, patch, command } = report;
  const facts: readonly (readonly [string, Fragment])[] = [
    ...Object.entries(versions),
    ['environment', `${environment.kind} ${environment.name}`],
    ['capabilities', environment.capabilities.join(', ') || 'none'],
    [
      'data plane',
      dataPlane === null
        ? UNKNOWN
        : `${dataPlane.stock ? 'stock Envoy' : "Istio's Envoy"}. ${dataPlane.note}`,
    ],
    ['switches', (dataPlane?.switches ?? []).map((one) => markup`<code class="line">${one}</code>`)],
    ['images', images === null ? UNKNOWN : `${images.source}: ${images.why}`],
    ['asked', askedOptions(report).map((one) => markup`<code class="line">${one}</code>`)],
    ['patches', patch === null ? 'none' : patch.map((file) => markup`<code class="line">${file}</code>`)],
    ['command', markup`<code>${command.join(' ')}</code>`],
  ];
  const shown = facts.filter(([, value]) => !(Array.isArray(value) && value.length === 0));
  return markup`<section aria-labelledby="tested"><h2 id="tested">What was tested</h2>
<table class="facts-table"><tbody>${shown.map(
    ([name, value]) => markup`
<tr><th scope="row">${name}</th><td>${value}</td></tr>`,
  )}
</tbody></table></section>`;
}

const UNKNOWN = 'not known: the run ended before';
