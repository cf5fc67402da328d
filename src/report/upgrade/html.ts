import type { Difference } from '../../evidence/live-configuration.ts';
import { shownTexts } from '../diff/words.ts';
import { type Markup, markup } from '../escaping.ts';
import { page } from '../html-page.ts';
import { changeSection } from '../traffic/html.ts';
import { pictureStyle } from '../traffic/pictures.ts';
import { VERDICT_WORDS } from '../wording.ts';
import { versionsText } from './text.ts';
import type { UpgradeReport } from './upgrade.ts';

/** How much of a long list a page shows; report.json has all of it. */
const SHOWN = 200;

/** The upgrade as one page that loads nothing and runs no script. */
export function upgradeHtml(report: UpgradeReport): string {
  const { words, sign } = VERDICT_WORDS[report.verdict];
  const title = `${versionsText(report.from)} → ${versionsText(report.to)}`;
  return page({
    title: `${sign} ${title} · meshproof`,
    style: pictureStyle,
    main: markup`<header class="verdict ${report.verdict}">
<p class="brand">meshproof <span>an upgrade under live traffic</span></p>
<h1><span class="sign" aria-hidden="true">${sign}</span>${words}: ${title}</h1>
${report.reasons.length === 0 ? markup`<p class="reason">No unary RPC failed, every stream that was cut is accounted for, and no case has become worse.</p>` : markup`<ul>${report.reasons.map((each) => markup`<li>${each}</li>`)}</ul>`}
</header>
${changeSection('The upgrade', report.forward)}
${report.rollback ? changeSection('The rollback', report.rollback) : undefined}
${casesSection(report)}
${knownSection(report)}
${liveSection(report)}`,
  });
}

function casesSection({ suites: { forward } }: UpgradeReport): Markup {
  const rows = forward.outcomes.map(
    ({ name, before, after }) =>
      markup`<tr><td><code>${name}</code></td><td class="outcome">${before}</td><td class="outcome">${after}</td></tr>`,
  );
  return markup`<h2>Cases</h2>
<p>${forward.unchanged} cases have the same outcome before and after.</p>
${rows.length === 0 ? undefined : markup`<div class="scroll" tabindex="0" role="group" aria-label="Cases with another outcome"><table class="outcomes"><thead><tr><th scope="col">Case</th><th scope="col">Before</th><th scope="col">After</th></tr></thead><tbody>${rows}</tbody></table></div>`}`;
}

/** What the changelogs let one expect, and which cases have shown it here. */
function knownSection({ suites: { forward } }: UpgradeReport): Markup | undefined {
  if (forward.known.length === 0) return undefined;
  const items = forward.known.map(
    ({ component, since, what, source, shown }) =>
      markup`<li>${what} <span class="source">${component} ${since}; ${source}</span>${
        shown.length === 0
          ? undefined
          : markup`<ul>${shownTexts(shown).map(({ name, says }) => markup`<li><code>${name}</code>: ${says}</li>`)}</ul>`
      }</li>`,
  );
  return markup`<section class="change"><h2>Known to differ between these versions</h2>
<p>Where cases passed before and after and have shown it, they are named.</p>
<ul>${items}</ul></section>`;
}

function liveSection({ live }: UpgradeReport): Markup | undefined {
  if (live === undefined) return undefined;
  const table = (title: string, some: readonly Difference[]) =>
    some.length === 0
      ? markup`<p>${title}: no difference.</p>`
      : markup`<details><summary>${title}: ${some.length} differ</summary><table><thead><tr><th scope="col">What</th><th scope="col">Before</th><th scope="col">After</th></tr></thead><tbody>${some
          .slice(0, SHOWN)
          .map(
            ({ path, before, after }) =>
              markup`<tr><td><code>${path}</code></td><td><code>${before ?? 'none'}</code></td><td><code>${after ?? 'none'}</code></td></tr>`,
          )}</tbody></table></details>`;
  return markup`<section class="change"><h2>What the gateway runs with</h2>
<p>Envoy <code>${live.envoy[0]}</code> → <code>${live.envoy[1]}</code></p>
${table('Settings of HTTP/2', live.http2)}
${table('Runtime', live.runtime)}
${table('Configuration', live.leaves)}</section>`;
}
