import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { STATUS_NAMES } from '../../src/clients/grpc-status.ts';
import { accountFor } from '../../src/traffic/account.ts';
import { FATES, fateOf, type StreamSeen, type Witnessed } from '../../src/traffic/fate.ts';
import type { Latency } from '../../src/traffic/latency.ts';
import type { ClientSide } from '../../src/traffic/traffic.ts';

const stream = (facts: Partial<StreamSeen> = {}): StreamSeen => ({
  connection: 1,
  streamId: 1,
  openedAtMs: 10,
  closedAtMs: 100,
  code: 0,
  connectionLost: false,
  ...facts,
});
const ended = { atMs: 100, details: '' } as const;
const unavailable = { ...ended, status: 'UNAVAILABLE' } as const;
const connection = { connection: 1, openedAtMs: 0, goaways: [], beganAtMs: [10], closedAtMs: 100 } as const;
const goaway = { atMs: 50, code: 0, lastStreamId: 2 ** 31 - 1 };
const lost = stream({ connectionLost: true, code: 8 });
const attempt = { pod: 'a', deployment: 'd', startedAtMs: 20, pushed: false, statusCode: 14 };

describe('the fate of an RPC', () => {
  const table: [string, Partial<Witnessed>][] = [
    ['answered', { ending: { ...ended, status: 'OK' }, streams: [stream()] }],
    ['ended', { ending: { ...ended, onPurpose: true }, streams: [stream({ code: 8 })] }],
    ['refused by server', { ending: unavailable, streams: [stream()], attempts: [attempt], statusCode: 14 }],
    ['refused by gateway', { ending: unavailable, streams: [stream()], statusCode: 14 }],
    [
      'refused by gateway',
      {
        ending: unavailable,
        streams: [stream()],
        attempts: [{ ...attempt, statusCode: -1 }],
        statusCode: 14,
      },
    ],
    ['reset', { ending: unavailable, streams: [stream({ code: 2 })] }],
    [
      'cut after GOAWAY',
      {
        ending: unavailable,
        streams: [lost],
        connection: { ...connection, goaways: [goaway] },
        changeAtMs: 40,
      },
    ],
    // A GOAWAY that comes when all is over announced nothing.
    [
      'cut without GOAWAY, quiet',
      {
        ending: unavailable,
        streams: [lost],
        connection: { ...connection, goaways: [{ ...goaway, atMs: 101 }] },
        changeAtMs: 40,
      },
    ],
    ['cut without GOAWAY, quiet', { ending: unavailable, streams: [lost], connection, changeAtMs: 40 }],
    [
      'cut without GOAWAY',
      {
        ending: unavailable,
        streams: [lost],
        connection: { ...connection, beganAtMs: [10, 60] },
        changeAtMs: 40,
      },
    ],
    ['cut without GOAWAY', { ending: unavailable, streams: [lost], connection }],
    ['not sent', { ending: unavailable }],
    [
      'deadline',
      { ending: { ...ended, status: 'DEADLINE_EXCEEDED', by: 'client' }, streams: [stream({ code: 8 })] },
    ],
    ['unanswered', { streams: [stream()] }],
  ];
  test.each(table)('%s', (fate, seen) => {
    expect(fateOf({ streams: [], attempts: [], ...seen })).toBe(fate);
  });
  test('the table above has every one', () => {
    expect(new Set(table.map(([fate]) => fate))).toEqual(new Set(FATES));
  });
});

const NO_LATENCY = {} as Latency;

const anyStream = fc.record(
  {
    connection: fc.integer({ min: 1, max: 3 }),
    streamId: fc.nat(),
    openedAtMs: fc.nat(1000),
    closedAtMs: fc.nat(2000),
    code: fc.constantFrom(0, 2, 7, 8),
    connectionLost: fc.boolean(),
  },
  { requiredKeys: ['connection', 'streamId', 'openedAtMs'] },
);
const anyEnding = fc.record(
  {
    atMs: fc.nat(2000),
    details: fc.string(),
    status: fc.constantFrom(...STATUS_NAMES),
    by: fc.constantFrom('peer' as const, 'client' as const),
    onPurpose: fc.constant(true),
  },
  { requiredKeys: ['atMs', 'details'] },
);
const anySent = fc.record(
  {
    rpcId: fc.uuid(),
    lane: fc.constantFrom('a', 'b'),
    kind: fc.constantFrom('unary' as const, 'bidi' as const, 'server-stream' as const),
    successor: fc.nat(3),
    intendedAtMs: fc.nat(1000),
    startedAtMs: fc.nat(1000),
    ending: anyEnding,
    streams: fc.array(anyStream, { maxLength: 3 }),
  },
  { requiredKeys: ['rpcId', 'lane', 'kind', 'successor', 'intendedAtMs', 'startedAtMs', 'streams'] },
);
const anyAttempt = fc.record({
  pod: fc.constantFrom('p1', 'p2'),
  deployment: fc.constantFrom('d1', 'd2'),
  statusCode: fc.integer({ min: -1, max: 16 }),
  startedAtMs: fc.nat(2000),
  pushed: fc.boolean(),
});

test('whatever the witnesses say, every RPC ends in exactly one class and the books balance', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(anySent, { selector: ({ rpcId }) => rpcId, maxLength: 30 }),
      fc.array(anyAttempt),
      fc.option(fc.nat(2000), { nil: undefined }),
      (sent, attempts, changeAtMs) => {
        const connections = [1, 2, 3].map((number) => ({
          ...connection,
          connection: number,
          goaways: number === 2 ? [goaway] : [],
        }));
        const clients: ClientSide = {
          caseName: 'traffic/x',
          startedAtMs: 0,
          stoppedAtMs: 2000,
          due: sent.filter(({ kind }) => kind === 'unary').length,
          sent,
          connections,
          latency: NO_LATENCY,
        };
        const byRpc = new Map(attempts.map((each, n) => [sent[n]?.rpcId ?? `stranger ${n}`, [each]]));
        const marks = changeAtMs === undefined ? [] : [{ what: 'change', atMs: changeAtMs }];
        const account = accountFor(clients, byRpc, marks);
        const sum = (counts: Readonly<Record<string, number>>) =>
          Object.values(counts).reduce((total, count) => total + count, 0);
        expect(sum(account.unary) + sum(account.streams)).toBe(sent.length);
        expect(sum(account.unary)).toBe(account.due);
        const well = ['answered', 'ended'] as const;
        const fine = well.reduce((total, fate) => total + account.unary[fate] + account.streams[fate], 0);
        expect(fine + account.lost.length).toBe(sent.length);
        expect(account.unknownAttempts).toBe(Math.max(0, attempts.length - sent.length));
        const timed = sum(Object.fromEntries(account.timeline.map((b) => [b.atMs, b.well + b.lost])));
        expect(timed).toBe(sent.filter(({ ending }) => ending !== undefined).length);
      },
    ),
  );
});
