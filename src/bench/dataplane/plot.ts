import type { Measured } from '../statistics.ts';
import type { WayFigures } from './figures.ts';

const WIDTH = 720;
const LEFT = 150;
const ROW = 22;
const COLOURS = { p50: '#4c78a8', p99: '#9ecae9', cpu: '#f58518' } as const;

/** Bars for each way and rate: latency at the median and at 99 %, then CPU time, with a line from least to most. */
export function plotOf(ways: readonly WayFigures[]): string {
  const latency = bars(
    'Latency in milliseconds: p50 (dark), p99 (light)',
    ways.flatMap((each) => [
      { label: `${each.way}, ${each.rate}/s`, value: each.p50, colour: COLOURS.p50 },
      { label: '', value: each.p99, colour: COLOURS.p99 },
    ]),
    0,
  );
  const cpu = bars(
    'CPU time of all processes on the way, in milliseconds for 1000 RPCs',
    ways.map((each) => ({
      label: `${each.way}, ${each.rate}/s`,
      value: each.cpuMsPer1000,
      colour: COLOURS.cpu,
    })),
    latency.height + 20,
  );
  const height = latency.height + cpu.height + 20;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...latency.lines,
    ...cpu.lines,
    '</svg>',
    '',
  ].join('\n');
}

interface Bar {
  readonly label: string;
  readonly value: Measured;
  readonly colour: string;
}

function bars(title: string, all: readonly Bar[], top: number): { lines: string[]; height: number } {
  const most = Math.max(...all.map(({ value }) => value.max), 1e-9);
  const x = (value: number) => Math.round(LEFT + ((WIDTH - LEFT - 90) * value) / most);
  const lines = [`<text x="10" y="${top + 18}" font-weight="bold">${title}</text>`];
  all.forEach(({ label, value, colour }, index) => {
    const y = top + 30 + index * ROW;
    const middle = y + 8;
    lines.push(
      `<text x="${LEFT - 8}" y="${y + 12}" text-anchor="end">${label}</text>`,
      `<rect x="${LEFT}" y="${y}" width="${x(value.median) - LEFT}" height="16" fill="${colour}"/>`,
      `<line x1="${x(value.min)}" y1="${middle}" x2="${x(value.max)}" y2="${middle}" stroke="#333333"/>`,
      `<text x="${x(value.max) + 6}" y="${y + 12}">${value.median.toFixed(2)}</text>`,
    );
  });
  return { lines, height: 30 + all.length * ROW };
}
