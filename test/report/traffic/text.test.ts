import { expect, test } from 'vitest';
import { changeText } from '../../../src/report/traffic/text.ts';
import { sampleAccount, sampleResult } from '../../traffic/accounts.ts';

const cut = {
  rpcId: 'x',
  lane: 'tls busy 1',
  kind: 'bidi',
  fate: 'cut after GOAWAY',
  intendedAtMs: 0,
  startedAtMs: 0,
  endedAtMs: 18_600,
  status: 'UNAVAILABLE',
  details: 'Connection dropped',
  pods: ['streaming-service-1'],
  tries: 1,
  successor: 0,
} as const;

test('what was lost is told by how, with one RPC of each', () => {
  const told = { ...cut, graceMs: 10_070 };
  const lost = [told, told, { ...cut, kind: 'unary', fate: 'reset', resetCode: 2, pods: [] }] as const;
  const said = changeText(sampleResult(sampleAccount({ streams: { 'cut after GOAWAY': 2 }, lost })), false);
  expect(said).toContain('✔ gateway-rollout');
  expect(said).toContain('streams  10 ended, 2 cut after GOAWAY');
  expect(said).toContain('2 such as 18.6 s  tls busy 1 bidi: cut after GOAWAY (10070 ms after GOAWAY');
  expect(said).toContain('1 such as 18.6 s  tls busy 1 unary: reset (RST_STREAM code 2; reached no server');
});

test('a sabotage that is not noticed is a failure', () => {
  const said = changeText(sampleResult(undefined, { sabotage: 'a short drain', caught: false }), false);
  expect(said).toContain('✖ gateway-rollout under "a short drain": NOT CAUGHT');
});

test('what a peer has said does not draw on the terminal', () => {
  const lost = [{ ...cut, details: '\u001B[2J' }];
  expect(changeText(sampleResult(sampleAccount({ lost })), false)).not.toContain('\u001B[2J');
  expect(changeText(sampleResult(sampleAccount({ lost })), true)).not.toContain('\u001B[2J');
});
