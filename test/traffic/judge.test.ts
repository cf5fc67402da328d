import { describe, expect, test } from 'vitest';
import type { TrafficExpectation } from '../../src/traffic/change.ts';
import { judgeTraffic } from '../../src/traffic/judge.ts';
import { sampleAccount } from './accounts.ts';

const CALM: TrafficExpectation = { unary: [], streams: ['cut after GOAWAY'], signs: [] };
const said = (...judged: Parameters<typeof judgeTraffic>) =>
  judgeTraffic(...judged).map(({ what, got }) => `${what}: ${got}`);

const connection = { connection: 1, lane: 'tls', openedAtMs: 0, rpcs: 5 };

describe('what is expected of a change', () => {
  test('nothing lost is nothing said', () => {
    expect(said(CALM, sampleAccount())).toEqual([]);
  });

  test('a lost unary RPC is named by its fate', () => {
    expect(said(CALM, sampleAccount({ unary: { reset: 2 } }))).toEqual(['unary RPCs: reset: 2']);
  });

  test('streams may be lost in the way that is allowed, and in no other', () => {
    const streams = { 'cut after GOAWAY': 3, 'cut without GOAWAY': 1 };
    expect(said(CALM, sampleAccount({ streams }))).toEqual(['streams: cut without GOAWAY: 1']);
  });

  test('a grace that is too short is measured', () => {
    const rpc = { rpcId: 'x', lane: 'tls', kind: 'bidi', intendedAtMs: 0, startedAtMs: 0 } as const;
    const cut = { ...rpc, fate: 'cut after GOAWAY', graceMs: 900, pods: [], tries: 1, successor: 0 } as const;
    expect(said({ ...CALM, graceMs: 2000 }, sampleAccount({ lost: [cut] })).join()).toContain('900 ms');
    const quiet = sampleAccount({ lost: [{ ...cut, quiet: true }] });
    expect(said({ ...CALM, graceMs: 2000 }, quiet).join()).toContain('a quiet connection');
    expect(said({ ...CALM, graceMs: 2000, quietGraceMs: 800 }, quiet)).toEqual([]);
    expect(said({ ...CALM, graceMs: 800, quietGraceMs: 2000 }, quiet)).toHaveLength(1);
  });

  test.each([
    ['GOAWAY', { connections: [{ ...connection, goawayAtMs: 1 }] }],
    ['reconnection', { connections: [{ ...connection, goawayAtMs: 1, reconnectedAfterMs: 5 }] }],
    [
      'second certificate',
      {
        connections: [
          { ...connection, certificate: 'a' },
          { ...connection, certificate: 'b' },
        ],
      },
    ],
    ['pushed header', { pushed: 1 }],
    [{ newPodOf: 'grpc-service' }, { newPods: { 'grpc-service': ['b'] } }],
  ] as const)('a change that shows no %o has perhaps not taken place', (sign, shown) => {
    expect(said({ ...CALM, signs: [sign] }, sampleAccount())).toHaveLength(1);
    expect(said({ ...CALM, signs: [sign] }, sampleAccount(shown))).toEqual([]);
  });

  test.each([{ started: 99 }, { due: 99 }, { unknownAttempts: 1 }, { reached: 0 }])(
    'books that do not balance are not believed: %o',
    (wrong) => {
      expect(said(CALM, sampleAccount(wrong))).toHaveLength(1);
    },
  );
});
