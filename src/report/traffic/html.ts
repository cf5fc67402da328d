import type { ChangeResult } from '../../traffic/run-change.ts';
import { type Markup, markup } from '../escaping.ts';
import { page } from '../html-page.ts';
import { VERDICT_WORDS } from '../wording.ts';
import { latencyPicture, pictureStyle, timelinePicture } from './pictures.ts';
import { fatesText, isGoodChange, rpcText } from './text.ts';

/** How much of a long list a page shows; the JSON has all of it. */
const SHOWN = 200;

/** Changes under live traffic as one page that loads nothing and runs no script. */
export function trafficHtml(changes: readonly ChangeResult[]): string {
  const verdict = changes.every(isGoodChange) ? 'conformant' : 'not-conformant';
  const { words, sign } = VERDICT_WORDS[verdict];
  const names = changes.map(({ change }) => change).join(', ');
  return page({
    title: `${sign} ${names} · meshproof`,
    style: pictureStyle,
    main: markup`<header class="verdict ${verdict}">
<p class="brand">meshproof <span>changes under live traffic</span></p>
<h1><span class="sign" aria-hidden="true">${sign}</span>${words}: ${names}</h1>
</header>
${changes.map((result) => changeSection(`${isGoodChange(result) ? '✔' : '✖'} ${result.change}`, result, findings(result)))}`,
  });
}

/** What was found, or that nothing was: it stands before everything that leads to it. */
function findings(result: ChangeResult): Markup {
  const { findings: found, sabotage, caught } = result;
  const about =
    sabotage === undefined
      ? undefined
      : markup`<p>Broken on purpose by ${sabotage}: ${caught === true ? 'that was found' : 'that was not found'}.</p>`;
  if (found.length === 0) return markup`${about}<p>Every RPC is accounted for, as expected.</p>`;
  const tone = isGoodChange(result) ? 'passed' : 'failed';
  return markup`${about}<ul class="found ${tone}">${found.map(({ what, expected, got }) => markup`<li><b>${what}</b>: expected ${expected}, got ${got}</li>`)}</ul>`;
}

/**
 * One change: what was done when, what became of the RPCs, and how long they took.
 *
 * @param found what is to be said first
 */
export function changeSection(
  title: string,
  { title: says, account, volume }: ChangeResult,
  found?: Markup,
): Markup {
  const { latency, lost, connections, marks } = account;
  const told = connections.filter(({ goawayAtMs }) => goawayAtMs !== undefined).length;
  const { response, lateness, eventLoopDelay } = latency;
  const row = (name: string, p: typeof response) =>
    markup`<tr><th scope="row">${name}</th>${[p.p50, p.p90, p.p99, p.max].map((ms) => markup`<td class="number">${ms.toFixed(1)}</td>`)}</tr>`;
  const head = ['p50', 'p90', 'p99', 'max'].map(
    (name) => markup`<th scope="col" class="number">${name}</th>`,
  );
  return markup`<section class="change"><h2>${title}</h2>
<p>${says}</p>
${found}
<p class="note">${volume.rate} unary RPCs a second and ${volume.streams} streams; ${connections.length} connections, ${told} of them got GOAWAY.</p>
<dl><dt>Unary RPCs</dt><dd>${fatesText(account.unary)}</dd><dt>Streams</dt><dd>${fatesText(account.streams)}</dd></dl>
<h3>When RPCs ended</h3>
<div class="scroll" tabindex="0" role="group" aria-label="When RPCs ended">${timelinePicture(account)}</div>
<ol>${marks.map(({ what, atMs }) => markup`<li>${(atMs / 1000).toFixed(1)} s: ${what}</li>`)}</ol>
<h3>How long unary RPCs took <small>milliseconds</small></h3>
<div class="scroll" tabindex="0" role="group" aria-label="How long unary RPCs took">${latencyPicture(response)}</div>
<div class="scroll" tabindex="0" role="group" aria-label="Percentiles"><table><thead><tr><td></td>${head}</tr></thead>
<tbody>${row('from the intended start', response)}${row('starts late by', lateness)}${row('event loop late by', eventLoopDelay)}</tbody></table></div>
${latency.doubt === undefined ? undefined : markup`<p class="note">! ${latency.doubt}.</p>`}
${lost.length === 0 ? undefined : markup`<details><summary>${lost.length} RPCs that were lost</summary><ul>${lost.slice(0, SHOWN).map((rpc) => markup`<li><code>${rpcText(rpc)}</code></li>`)}</ul></details>`}</section>`;
}
