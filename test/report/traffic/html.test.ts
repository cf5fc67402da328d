import { expect, test } from 'vitest';
import { trafficHtml } from '../../../src/report/traffic/html.ts';
import { latencyPicture } from '../../../src/report/traffic/pictures.ts';
import { sampleAccount, sampleResult } from '../../traffic/accounts.ts';

test('the page says what came of each change, loads nothing and runs no script', () => {
  const html = trafficHtml([sampleResult()]);
  expect(html).toContain('Conformant: gateway-rollout');
  expect(html).toContain('default-src ');
  expect(html).not.toMatch(/<script|<link|src=/);
});

test('a finding makes it not conformant, and a sabotage that is found does not', () => {
  const findings = [{ what: 'unary RPCs: reset', expected: 'none', got: '3' }] as const;
  const lost = trafficHtml([sampleResult(undefined, { findings })]);
  expect(lost).toContain('Not conformant: gateway-rollout');
  expect(lost).toContain('<b>unary RPCs: reset</b>: expected none, got 3');
  const sabotaged = trafficHtml([
    sampleResult(undefined, { findings, sabotage: 'a short drain', caught: true }),
  ]);
  expect(sabotaged).toContain('Broken on purpose by a short drain: that was found');
  expect(sabotaged).not.toContain('Not conformant');
});

test('what a peer has said is text', () => {
  const lost = [
    {
      rpcId: 'x',
      lane: 'tls',
      kind: 'unary',
      fate: 'reset',
      intendedAtMs: 0,
      startedAtMs: 0,
      details: '<script>alert(1)</script>',
      pods: [],
      tries: 1,
      successor: 0,
    },
  ] as const;
  expect(trafficHtml([sampleResult(sampleAccount({ lost }))])).not.toContain('<script');
});

test('the picture of the latency has a bar for each halving of what is left', () => {
  const cumulative = [
    [1, 0],
    [4, 50],
    [9, 75],
    [80, 100],
  ] as const;
  const svg = String(latencyPicture({ count: 4, p50: 4, p90: 9, p99: 80, max: 80, cumulative }));
  expect(svg.match(/<rect/g)).toHaveLength(3);
  expect(svg).toContain('80 ms');
  expect(latencyPicture({ count: 0, p50: 0, p90: 0, p99: 0, max: 0, cumulative: [] })).toBeUndefined();
});
