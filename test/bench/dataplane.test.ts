import { expect, test } from 'vitest';
import { figuresOf, percentile } from '../../src/bench/dataplane/figures.ts';
import { plotOf } from '../../src/bench/dataplane/plot.ts';
import { usageOf } from '../../src/bench/dataplane/processes.ts';
import { RATES, WAYS } from '../../src/bench/dataplane/ways.ts';

const samples = RATES.flatMap((rate) =>
  WAYS.flatMap(({ name: way }, index) =>
    [1, 2, 3].map((round) => ({
      way,
      rate,
      firstRpcMs: 10,
      latenciesMs: Array.from({ length: 100 }, (_, i) => (i + 1) * (index + 1) * round),
      failed: 0,
      processes: {
        'client/node': { cpuMsPer1000: 100 * (index + 1), residentMiB: 60 },
        'server/node': { cpuMsPer1000: 100, residentMiB: 50 },
      },
    })),
  ),
);

test('a percentile is the smallest value that so many do not exceed', () => {
  expect(percentile([3, 1, 2], 0.5)).toBe(2);
  expect(percentile([1, 2, 3, 4], 0.99)).toBe(4);
  expect(percentile([], 0.5)).toBeNaN();
});

test('figures are medians of rounds with their spread, and ratios to the direct way', () => {
  const { ways, ratios, cpuRatios } = figuresOf(samples);
  expect(ways).toHaveLength(RATES.length * WAYS.length);
  expect(ways[0]).toMatchObject({
    way: 'direct',
    p50: { median: 100, min: 50, max: 150 },
    cpuMsPer1000: { median: 200 },
  });
  expect(ratios).toMatchObject({ direct: 1, proxyless: 2, sidecar: 3 });
  expect(cpuRatios).toMatchObject({ direct: 1, proxyless: 1.5 });
});

test('the picture has a bar for each figure', () => {
  const { ways } = figuresOf(samples);
  const svg = plotOf(ways);
  expect(svg.match(/<rect x=/g)).toHaveLength(ways.length * 3);
  expect(svg).not.toMatch(/NaN|Infinity/);
});

test('processes of no pod are nobody’s', async () => {
  expect((await usageOf(new Map([['no-such-uid', 'client']]))).size).toBe(0);
});
