import { expect, test } from 'vitest';
import { Ledger } from '../../src/evidence/ledger.ts';
import { accountFor } from '../../src/traffic/account.ts';
import type { Lane } from '../../src/traffic/plan.ts';
import { Traffic } from '../../src/traffic/traffic.ts';
import { startLoopback } from '../clients/loopback.ts';

const LANES: readonly Lane[] = [
  { name: 'tls', client: 'grpc-js', transport: 'tls', weight: 1, streams: ['bidi'] },
  {
    name: 'h2c',
    client: 'grpc-js',
    transport: 'h2c',
    weight: 1,
    streams: ['client-stream', 'server-stream'],
  },
  { name: 'fresh', client: 'grpc-js', transport: 'tls', weight: 1, streams: [], fresh: true },
];
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('traffic without a gateway: everything is answered, and the ledger has all of it', async () => {
  await using loopback = await startLoopback('greeter');
  const traffic = Traffic.start(loopback.target, { rate: 100, streams: 0, seed: 1 }, LANES);
  await pause(1000);
  const clients = await traffic.stop();
  using ledger = new Ledger(loopback.collectorAddress);
  const { entries, leftOut } = await ledger.entriesOfCase(clients.caseName, 10_000);
  expect(leftOut).toBe(0);
  const attempts = new Map(
    entries.map((entry) => [
      entry.rpc_id,
      [{ pod: entry.pod, deployment: entry.deployment, statusCode: 0, startedAtMs: 0, pushed: false }],
    ]),
  );
  const account = accountFor(clients, attempts, []);
  expect(account.lost).toEqual([]);
  expect(account.unary.answered).toBe(account.due);
  expect(account.reached).toBe(account.due);
  expect(account.unknownAttempts).toBe(0);
  expect(clients.due).toBeGreaterThan(50);
  expect(account.latency.response.count).toBeGreaterThan(0);
  expect(account.latency.lateness.count).toBe(clients.due);
  // Two lanes keep their connection, the third has one for each RPC.
  const fresh = clients.sent.filter(({ lane }) => lane === 'fresh').length;
  expect(account.connections).toHaveLength(2 + fresh);
  expect(account.connections.some(({ certificate }) => certificate !== undefined)).toBe(true);
});

test('streams live until the traffic ends, and are ended by their clients', async () => {
  await using loopback = await startLoopback('streaming');
  const traffic = Traffic.start(
    loopback.target,
    { rate: 1, streams: 6, seed: 1 },
    LANES.map((lane) => ({ ...lane, weight: 0 })),
  );
  await pause(1200);
  const clients = await traffic.stop();
  const account = accountFor(clients, new Map(), []);
  expect(account.lost).toEqual([]);
  expect(account.streams).toMatchObject({ ended: 2, answered: 4 });
});

test('a server that goes away: unary RPCs in flight and streams are accounted for as cut or not sent', async () => {
  const loopback = await startLoopback('streaming');
  const only = LANES.filter(({ name }) => name === 'h2c').map((lane) => ({ ...lane, weight: 0 }));
  const traffic = Traffic.start(loopback.target, { rate: 1, streams: 2, seed: 1 }, only);
  await pause(500);
  const changed = { what: 'server gone', atMs: performance.timeOrigin + performance.now() };
  await loopback[Symbol.asyncDispose]();
  await pause(500);
  const account = accountFor(await traffic.stop(), new Map(), [changed]);
  const first = account.lost.filter(({ successor }) => successor === 0);
  expect(first.map(({ fate }) => fate)).toEqual(['cut after GOAWAY', 'cut after GOAWAY']);
  const later = account.lost.filter(({ successor }) => successor > 0);
  expect(later.length).toBeGreaterThan(0);
  expect(new Set(later.map(({ fate }) => fate))).toEqual(new Set(['not sent']));
});
