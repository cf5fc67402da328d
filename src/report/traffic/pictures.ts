import type { Account } from '../../traffic/account.ts';
import type { Percentiles } from '../../traffic/latency.ts';
import { type Markup, markup } from '../escaping.ts';

const WIDTH = 1000;
const HEIGHT = 120;
const LABELS = 20;

/** What the pictures need beside the style of every page. */
export const pictureStyle: Markup = markup`svg.traffic { width: 100%; min-width: 720px; height: auto; display: block; } .change > * + * { margin-top: 10px; } .change p, .change li { overflow-wrap: anywhere; }
.change dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; } .change dt { color: var(--quiet); } .change dd { margin: 0; } .found { color: var(--tone); padding-left: 20px; } svg .well { fill: var(--good); } svg .lost { fill: var(--bad); }
svg line { stroke: var(--text); stroke-dasharray: 3 3; } svg text { fill: var(--quiet); font-size: 13px; } svg .end { text-anchor: end; } svg .middle { text-anchor: middle; }`;

const picture = (label: string, parts: readonly Markup[]): Markup =>
  markup`<svg class="traffic" viewBox="0 0 ${WIDTH} ${HEIGHT + LABELS}" role="img" aria-label="${label}">${parts}</svg>`;

const bar = (kind: 'well' | 'lost', x: number, bottom: number, width: number, height: number): Markup =>
  markup`<rect class="${kind}" x="${x.toFixed(1)}" y="${(bottom - height).toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}"/>`;

/** RPCs by the time they ended, the lost ones above the others, and the steps of the change. */
export function timelinePicture({ timeline, marks, durationMs }: Account): Markup {
  const end = Math.max(durationMs, ...timeline.map(({ atMs }) => atMs + 100), 1);
  const top = Math.max(1, ...timeline.map(({ well, lost }) => well + lost));
  const x = (ms: number): number => (ms / end) * WIDTH;
  const height = (count: number): number => (count === 0 ? 0 : Math.max(2, (count / top) * HEIGHT));
  const width = Math.max(1, x(100));
  const bars = timeline.flatMap(({ atMs, well, lost }) => [
    bar('well', x(atMs), HEIGHT, width, height(well)),
    bar('lost', x(atMs), Math.max(height(lost), HEIGHT - height(well)), width, height(lost)),
  ]);
  const lines = marks.map(({ atMs }, n) => {
    const at = x(atMs).toFixed(1);
    return markup`<line x1="${at}" x2="${at}" y1="0" y2="${HEIGHT}"/><text x="${at}" y="${HEIGHT + 15}">${n + 1}</text>`;
  });
  const most = markup`<text x="4" y="12">${top} in 100 ms</text>`;
  const last = markup`<text class="end" x="${WIDTH}" y="${HEIGHT + 15}">${(end / 1000).toFixed(1)} s</text>`;
  return picture('RPCs by the time they ended; the dotted lines are the steps of the change', [
    ...bars,
    ...lines,
    most,
    last,
  ]);
}

/**
 * How long the slowest part of the RPCs took, the part halved from bar to bar: 50 % of them took no longer than the
 * first says, 75 % than the second, and so on. Nothing where none was answered.
 */
export function latencyPicture({ cumulative, max }: Percentiles): Markup | undefined {
  const steps = cumulative.filter(([, percent]) => percent >= 50);
  if (steps.length === 0 || max <= 0) return undefined;
  const width = WIDTH / steps.length;
  const room = HEIGHT - LABELS;
  const bars = steps.flatMap(([ms, percent], n) => {
    const height = Math.max(1, (ms / max) * room);
    const middle = ((n + 0.5) * width).toFixed(1);
    return [
      bar('well', n * width + 2, HEIGHT, width - 4, height),
      markup`<text class="middle" x="${middle}" y="${(HEIGHT - height - 4).toFixed(1)}">${shortMs(ms)}</text>`,
      markup`<text class="middle" x="${middle}" y="${HEIGHT + 15}">${Number(percent.toFixed(2))} %</text>`,
    ];
  });
  return picture('Up to how many milliseconds so many percent of the unary RPCs took', bars);
}

const shortMs = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
