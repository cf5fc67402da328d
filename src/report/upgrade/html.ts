import type { Difference } from '../../evidence/live-configuration.ts';
import type { Account } from '../../traffic/account.ts';
import type { ChangeResult } from '../../traffic/run-change.ts';
import { type Markup, markup } from '../escaping.ts';
import { page } from '../html-page.ts';
import { fatesText, rpcText } from '../traffic/text.ts';
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
    style: markup`svg.traffic { width: 100%; height: 150px; display: block; } svg .well { fill: var(--good); } svg .lost { fill: var(--bad); }
svg line { stroke: var(--text); stroke-dasharray: 3 3; } svg text { fill: var(--quiet); font-size: 11px; }`,
    main: markup`<header class="verdict ${report.verdict}">
<p class="brand">meshproof <span>an upgrade under live traffic</span></p>
<h1><span class="sign" aria-hidden="true">${sign}</span>${words}: ${title}</h1>
${report.reasons.length === 0 ? markup`<p class="reason">No unary RPC failed, every stream that was cut is accounted for, and no case has become worse.</p>` : markup`<ul>${report.reasons.map((each) => markup`<li>${each}</li>`)}</ul>`}
</header>
${changeSection('The upgrade', report.forward)}
${report.rollback ? changeSection('The rollback', report.rollback) : undefined}
${casesSection(report)}
${liveSection(report)}`,
  });
}

function changeSection(title: string, { account, volume }: ChangeResult): Markup {
  const { latency, lost, connections, marks } = account;
  const told = connections.filter(({ goawayAtMs }) => goawayAtMs !== undefined).length;
  const { response, lateness, eventLoopDelay } = latency;
  const row = (name: string, p: typeof response) =>
    markup`<tr><th scope="row">${name}</th><td>${p.p50}</td><td>${p.p90}</td><td>${p.p99}</td><td>${p.max}</td></tr>`;
  return markup`<h2>${title}</h2>
<p>${volume.rate} unary RPCs a second and ${volume.streams} streams.</p>
${timelinePicture(account)}
<ol>${marks.map(({ what, atMs }) => markup`<li>${(atMs / 1000).toFixed(3)} s: ${what}</li>`)}</ol>
<p>Unary: ${fatesText(account.unary)}. Streams: ${fatesText(account.streams)}.</p>
<p>${connections.length} connections, ${told} of them got GOAWAY.</p>
<table><thead><tr><th scope="col">ms</th><th scope="col">p50</th><th scope="col">p90</th><th scope="col">p99</th><th scope="col">max</th></tr></thead>
<tbody>${row('from the intended start', response)}${row('starts late by', lateness)}${row('event loop late by', eventLoopDelay)}</tbody></table>
${latency.doubt === undefined ? undefined : markup`<p>${latency.doubt}.</p>`}
${lost.length === 0 ? undefined : markup`<details><summary>${lost.length} RPCs that were lost</summary><ul>${lost.slice(0, SHOWN).map((rpc) => markup`<li><code>${rpcText(rpc)}</code></li>`)}</ul></details>`}`;
}

const WIDTH = 1000;
const HEIGHT = 120;

/** RPCs by the time they ended, the lost ones above the others, and the change. */
function timelinePicture({ timeline, marks, durationMs }: Account): Markup {
  const end = Math.max(durationMs, ...timeline.map(({ atMs }) => atMs + 100), 1);
  const top = Math.max(1, ...timeline.map(({ well, lost }) => well + lost));
  const x = (ms: number) => ((ms / end) * WIDTH).toFixed(1);
  const height = (count: number) => (count === 0 ? 0 : Math.max(2, (count / top) * HEIGHT));
  const width = Math.max(1, (100 / end) * WIDTH).toFixed(1);
  const bars = timeline.map(({ atMs, well, lost }) => {
    const [low, high] = [height(well), height(lost)];
    return markup`<rect class="well" x="${x(atMs)}" y="${HEIGHT - low}" width="${width}" height="${low}"/><rect class="lost" x="${x(atMs)}" y="${Math.max(0, HEIGHT - low - high)}" width="${width}" height="${high}"/>`;
  });
  const lines = marks.map(
    ({ atMs }, n) =>
      markup`<line x1="${x(atMs)}" x2="${x(atMs)}" y1="0" y2="${HEIGHT}"/><text x="${x(atMs)}" y="${HEIGHT + 14}">${n + 1}</text>`,
  );
  return markup`<svg class="traffic" viewBox="0 0 ${WIDTH} ${HEIGHT + 20}" preserveAspectRatio="none" role="img" aria-label="RPCs by the time they ended; the dotted lines are the steps of the change">${bars}${lines}</svg>`;
}

function casesSection({ suites: { forward } }: UpgradeReport): Markup {
  const rows = forward.outcomes.map(
    ({ name, before, after }) =>
      markup`<tr><td><code>${name}</code></td><td>${before}</td><td>${after}</td></tr>`,
  );
  return markup`<h2>Cases</h2>
<p>${forward.unchanged} cases have the same outcome before and after.</p>
${rows.length === 0 ? undefined : markup`<table><thead><tr><th scope="col">Case</th><th scope="col">Before</th><th scope="col">After</th></tr></thead><tbody>${rows}</tbody></table>`}`;
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
  return markup`<h2>What the gateway runs with</h2>
<p>Envoy ${live.envoy[0]} → ${live.envoy[1]}</p>
${table('Settings of HTTP/2', live.http2)}
${table('Runtime', live.runtime)}
${table('Configuration', live.leaves)}`;
}
