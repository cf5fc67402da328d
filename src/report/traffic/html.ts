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
${changes.flatMap((result) => [changeSection(`${isGoodChange(result) ? '✔' : '✖'} ${result.change}`, result), findings(result)])}`,
  });
}

function findings({ findings: found, sabotage, caught }: ChangeResult): Markup {
  const about =
    sabotage === undefined
      ? undefined
      : markup`<p>Broken on purpose by ${sabotage}: ${caught === true ? 'that was found' : 'that was not found'}.</p>`;
  const list = found.map(
    ({ what, expected, got }) => markup`<li>${what}: expected ${expected}, got ${got}</li>`,
  );
  return markup`${about}${list.length === 0 ? markup`<p>Every RPC is accounted for, as expected.</p>` : markup`<ul>${list}</ul>`}`;
}

/** One change: what was done when, what became of the RPCs, and how long they took. */
export function changeSection(title: string, { title: says, account, volume }: ChangeResult): Markup {
  const { latency, lost, connections, marks } = account;
  const told = connections.filter(({ goawayAtMs }) => goawayAtMs !== undefined).length;
  const { response, lateness, eventLoopDelay } = latency;
  const row = (name: string, p: typeof response) =>
    markup`<tr><th scope="row">${name}</th><td>${p.p50}</td><td>${p.p90}</td><td>${p.p99}</td><td>${p.max}</td></tr>`;
  return markup`<h2>${title}</h2>
<p>${says} ${volume.rate} unary RPCs a second and ${volume.streams} streams.</p>
${timelinePicture(account)}
<ol>${marks.map(({ what, atMs }) => markup`<li>${(atMs / 1000).toFixed(3)} s: ${what}</li>`)}</ol>
<p>Unary: ${fatesText(account.unary)}. Streams: ${fatesText(account.streams)}.</p>
<p>${connections.length} connections, ${told} of them got GOAWAY.</p>
${latencyPicture(response)}
<table><thead><tr><th scope="col">ms</th><th scope="col">p50</th><th scope="col">p90</th><th scope="col">p99</th><th scope="col">max</th></tr></thead>
<tbody>${row('from the intended start', response)}${row('starts late by', lateness)}${row('event loop late by', eventLoopDelay)}</tbody></table>
${latency.doubt === undefined ? undefined : markup`<p>${latency.doubt}.</p>`}
${lost.length === 0 ? undefined : markup`<details><summary>${lost.length} RPCs that were lost</summary><ul>${lost.slice(0, SHOWN).map((rpc) => markup`<li><code>${rpcText(rpc)}</code></li>`)}</ul></details>`}`;
}
