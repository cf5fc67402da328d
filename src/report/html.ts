import { OUTCOMES } from '../conformance/outcomes.ts';
import { markup } from './escaping.ts';
import type { Markup } from './escaping.ts';
import { attentionSection } from './html-attention.ts';
import { casesSection } from './html-cases.ts';
import { page } from './html-page.ts';
import { pageScript } from './html-script.ts';
import { configurationSection, rowsSection, stepsSection, toldSection } from './html-tables.ts';
import type { Report } from './schema.ts';
import { endedOf } from './verdict.ts';
import { durationText, OUTCOME_WORDS, VERDICT_WORDS } from './wording.ts';

/**
 * The run as one page: no request leaves it, it reads on a phone and on paper, in light and in dark, and without
 * its script. First what broke and who says so, then everything else.
 */
export function htmlReport(report: Report): string {
  const { words, sign } = VERDICT_WORDS[report.verdict];
  return page({
    title: `${sign} ${words} · meshproof`,
    main: markup`${verdictSection(report)}
${attentionSection(report)}
${rowsSection(report)}
${toldSection(report)}
${casesSection(report)}
${stepsSection(report)}
${configurationSection(report)}`,
    script: pageScript,
  });
}

function verdictSection(report: Report): Markup {
  const { words, sign } = VERDICT_WORDS[report.verdict];
  return markup`<header class="verdict ${report.verdict}">
<p class="brand">meshproof <span>gRPC behind Istio, proven</span></p>
<h1><span class="sign" aria-hidden="true">${sign}</span>${words}</h1>
<p class="reason">${report.reason}</p>
${totalsBar(report)}
${environmentLine(report)}
</header>`;
}

function totalsBar({ totals, planned }: Report): Markup {
  const lost = Math.max(0, planned - endedOf(totals));
  const present = OUTCOMES.filter((outcome) => totals[outcome] > 0);
  const bar = present.map(
    (outcome) => markup`<span class="${outcome}" style="flex-grow:${totals[outcome]}"></span>`,
  );
  const legend = present.map((outcome) => {
    const { words, sign } = OUTCOME_WORDS[outcome];
    return markup`<li class="${outcome}"><span class="sign" aria-hidden="true">${sign}</span><b>${totals[outcome]}</b> ${words}</li>`;
  });
  return markup`<div class="share" aria-hidden="true">${bar}${lost === 0 ? '' : markup`<span style="flex-grow:${lost}"></span>`}</div>
<ul class="totals"><li class="planned"><b>${planned}</b> planned</li>${legend}${lost === 0 ? '' : markup`<li class="planned"><b>${lost}</b> without an outcome</li>`}</ul>`;
}

function environmentLine(report: Report): Markup {
  const { environment, versions, dataPlane, startedAt, durationMs } = report;
  const named = ['istio', 'envoy', 'kubernetes'].flatMap((component) => {
    const version = versions[component];
    return version === undefined ? [] : [markup`<span>${TITLES[component]} <b>${version}</b></span>`];
  });
  const stock =
    dataPlane?.stock === true
      ? markup`<p class="note">The data plane is stock Envoy. ${dataPlane.note}</p>`
      : '';
  return markup`<p class="facts"><span>${environment.kind} mesh <b>${environment.name}</b></span>${named}
<span><time datetime="${startedAt}">${timeText(startedAt)}</time></span><span>took <b>${durationText(durationMs)}</b></span></p>
${stock}${report.notes.map((note) => markup`<p class="note">${note}</p>`)}`;
}

const TITLES: Readonly<Record<string, string>> = { istio: 'Istio', envoy: 'Envoy', kubernetes: 'Kubernetes' };

/** Always UTC: a nightly run is read by people in several time zones. */
function timeText(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}
