import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Course } from '../../src/clients/course.ts';
import { invokeGrpcJs } from '../../src/clients/grpc-js.ts';
import type { GrpcJsInvocation } from '../../src/clients/invocation.ts';
import { digest, patternPayload } from '../../src/clients/messages.ts';
import type { RpcRecord } from '../../src/clients/record.ts';
import { Ledger } from '../../src/evidence/ledger.ts';
import { someIds, startLoopback, type Loopback } from './loopback.ts';

let loopback: Loopback;
let ledger: Ledger;
beforeAll(async () => {
  loopback = await startLoopback('user');
  ledger = new Ledger(loopback.collectorAddress);
});
afterAll(async () => {
  ledger[Symbol.dispose]();
  await loopback[Symbol.asyncDispose]();
});

const never = new AbortController().signal;
const run = async (
  invocation: Omit<GrpcJsInvocation, 'client' | 'transport'> & { readonly transport?: 'tls' | 'h2c' },
  signal = never,
): Promise<RpcRecord> => {
  const all = await invokeGrpcJs(
    { client: 'grpc-js', transport: 'h2c', ...invocation },
    loopback.target,
    [someIds()],
    signal,
  );
  return all[0]!;
};
const requests = [1, 2, 3].map((sequence) => ({
  user_id: `u${sequence}`,
  sequence,
  payload: patternPayload(sequence, 10).toString('base64'),
}));

test('an RPC that stays open for what happens meanwhile sends its last request when that is over', async () => {
  const course = new Course();
  const ids = someIds();
  const made = invokeGrpcJs(
    {
      client: 'grpc-js',
      transport: 'h2c',
      method: 'mypackage.UserService/SyncUsers',
      requests,
      halfClose: 'after-actions',
    },
    loopback.target,
    [ids],
    never,
    course,
  );
  await expect.poll(() => course.behind([ids.rpcId], 2), { timeout: 20_000 }).toEqual([]);
  expect(course.behind([ids.rpcId], 3)).toEqual([ids.rpcId]);
  course.release();
  const [record] = await made;
  expect(record).toMatchObject({ status: { name: 'OK' } });
  expect(record?.messages).toHaveLength(3);
  expect(course.behind([ids.rpcId], 100)).toEqual([]);
});

describe.each(['tls', 'h2c'] as const)('over %s', (transport) => {
  test('unary: status, message, server and metadata are in the record', async () => {
    const record = await run({
      transport,
      method: 'mypackage.UserService/GetUser',
      requests: requests.slice(0, 1),
    });
    expect(record.status).toEqual({ name: 'OK', details: expect.any(String) as string });
    expect(record.messages).toHaveLength(1);
    expect(record.messages[0]).toMatchObject({
      body: { user_id: 'u1', sequence: 1, served_by: { service: 'user-grpc-service' } },
      payload: { size: 10, sha256: digest(patternPayload(1, 10)) },
    });
    expect(record.trailers['x-meshproof-service']).toEqual(['user-grpc-service']);
  });

  test.each([
    ['mypackage.UserService/CreateUsers', 1],
    ['mypackage.UserService/ListUsers', 3],
    ['mypackage.UserService/SyncUsers', 3],
  ])('%s brings %i message(s)', async (method, count) => {
    const record = await run({ transport, method, requests });
    expect(record.status?.name).toBe('OK');
    expect(record.messages).toHaveLength(count);
    expect(record.messages.map(({ atMs }) => atMs)).toEqual(
      record.messages.map(({ atMs }) => atMs).toSorted((a, b) => a - b),
    );
  });
});

test.each([
  'mypackage.UserService/GetUser',
  'mypackage.UserService/CreateUsers',
  'mypackage.UserService/ListUsers',
  'mypackage.UserService/SyncUsers',
])('%s: a scripted failure fills the same record', async (method) => {
  const record = await run({
    method,
    requests,
    script: {
      steps: [
        { headers: { 'x-initial': 'here', 'x-initial-bin': 'AAEC' } },
        { status: 'RESOURCE_EXHAUSTED', message: 'größer', trailers: { 'x-trailer': ['a', 'b'] } },
      ],
    },
  });
  expect(record.status).toEqual({ name: 'RESOURCE_EXHAUSTED', details: 'größer' });
  expect(record.initialMetadata).toMatchObject({ 'x-initial': ['here'], 'x-initial-bin': ['AAEC'] });
  // node:http2 joins what is repeated, which means the same.
  expect(record.trailers['x-trailer']).toEqual(['a, b']);
  expect(record.error).toBeUndefined();
});

test('a method that the proto does not have is called all the same', async () => {
  const record = await run({ method: 'mypackage.UserService/NoSuchMethod' });
  expect(record.status?.name).toBe('UNIMPLEMENTED');
});

test('RPCs with an interval between them overlap', async () => {
  const began = Date.now();
  const records = await invokeGrpcJs(
    {
      client: 'grpc-js',
      transport: 'h2c',
      method: 'mypackage.UserService/GetUser',
      calls: 2,
      callIntervalMs: 100,
      script: { steps: [{ wait: 2000 }] },
    },
    loopback.target,
    [someIds(), someIds()],
    never,
  );
  const [first, second] = records.map(({ startedAt }) => Date.parse(startedAt));
  expect(records.map(({ status }) => status?.name)).toEqual(['OK', 'OK']);
  // On a busy machine the first may be late, never the second early.
  expect(second! - began).toBeGreaterThanOrEqual(95);
  expect(second! - first!).toBeLessThan(records[0]!.endedAtMs);
});

test('ping-pong: each request leaves after the reply to the one before', async () => {
  const record = await run({ method: 'mypackage.UserService/SyncUsers', requests, pingPong: true });
  expect(record.messages.map(({ body }) => body.sequence)).toEqual([1, 2, 3]);
  expect(record.sentAtMs[1]).toBeGreaterThanOrEqual(record.messages[0]!.atMs);
  expect(record.sentAtMs[2]).toBeGreaterThanOrEqual(record.messages[1]!.atMs);
});

test('the deadline ends the RPC at the client, and reaches the server', async () => {
  const ids = someIds();
  const [record] = await invokeGrpcJs(
    {
      client: 'grpc-js',
      transport: 'h2c',
      method: 'mypackage.UserService/GetUser',
      // Long enough to get there on a machine that is busy.
      deadlineMs: 1_500,
      script: { ignoreDeadline: true, steps: [{ wait: 3_000 }] },
    },
    loopback.target,
    [ids],
    never,
  );
  expect(record?.status?.name).toBe('DEADLINE_EXCEEDED');
  expect(record?.endedAtMs).toBeGreaterThan(1_480);
  const [entry] = await ledger.settledEntriesOf(ids.rpcId, 1, never);
  expect(entry?.deadline_ms).toBeGreaterThan(100);
  expect(entry?.deadline_ms).toBeLessThanOrEqual(1_500);
});

test('cancelling after two messages is seen by the server', async () => {
  const ids = someIds();
  const [record] = await invokeGrpcJs(
    {
      client: 'grpc-js',
      transport: 'h2c',
      method: 'mypackage.UserService/ListUsers',
      requests: [{ count: 100, interval_ms: 20 }],
      cancelAfterMessages: 2,
    },
    loopback.target,
    [ids],
    never,
  );
  expect(record?.status?.name).toBe('CANCELLED');
  expect(record?.messages.length).toBeGreaterThanOrEqual(2);
  const [entry] = await ledger.settledEntriesOf(ids.rpcId, 1, never);
  expect(entry?.cancelled).toBeGreaterThan(0);
  expect(entry?.half_close_seen).toBeGreaterThan(0);
});

test('a client that keeps its side open is not seen to half-close', async () => {
  const ids = someIds();
  const [record] = await invokeGrpcJs(
    {
      client: 'grpc-js',
      transport: 'h2c',
      method: 'mypackage.UserService/SyncUsers',
      requests,
      halfClose: 'after-status',
      script: { steps: [{ awaitMessages: 3 }, { status: 'OK' }] },
    },
    loopback.target,
    [ids],
    never,
  );
  expect(record?.status?.name).toBe('OK');
  const [entry] = await ledger.settledEntriesOf(ids.rpcId, 1, never);
  expect(entry?.half_close_seen).toBe(0);
  expect(entry?.received_count).toBe(3);
});

test('several calls share the one connection, each with a record of its own', async () => {
  const all = [someIds(), someIds(), someIds()];
  const records = await invokeGrpcJs(
    { client: 'grpc-js', transport: 'tls', method: 'mypackage.UserService/GetUser', calls: 3 },
    loopback.target,
    all,
    never,
  );
  expect(records.map(({ rpcId }) => rpcId)).toEqual(all.map(({ rpcId }) => rpcId));
  const entries = await Promise.all(all.map(({ rpcId }) => ledger.entriesOf(rpcId)));
  expect(new Set(entries.flat().map(({ connection }) => connection)).size).toBe(1);
  expect(entries.flat()[0]?.metadata['user-agent']?.[0]).toMatch(/^meshproof\/test\/case /);
});

test('an RPC that never ends is given up, which is no status', async () => {
  const record = await run(
    { method: 'mypackage.UserService/GetUser', script: { steps: [{ wait: 60_000 }] } },
    AbortSignal.timeout(200),
  );
  expect(record.status).toBeUndefined();
  expect(record.error).toContain('gave up');
});

test.each([
  [
    'a wrong server name',
    { transport: 'tls', serverName: 'other.example.com' },
    /ERR_TLS_CERT_ALTNAME_INVALID|does not match/,
  ],
  ['TLS to the plaintext port', { transport: 'tls', listener: 'h2c' }, /wrong version number|packet length/],
  ['plaintext to the TLS port', { transport: 'h2c', listener: 'tls' }, /No connection established/],
] as const)('%s is UNAVAILABLE with the cause in its details', async (_what, options, details) => {
  const record = await run({ method: 'mypackage.UserService/GetUser', ...options });
  expect(record.status?.name).toBe('UNAVAILABLE');
  expect(record.status?.details).toMatch(details);
});

test('a client that pauses takes the rest when it goes on, or when the RPC fails', async () => {
  const script = { steps: [{ messages: { count: 40, payloadBytes: 1_000 } }] };
  const paused = await run({ method: 'mypackage.UserService/ListUsers', script, pausesForMs: 300 });
  expect(paused).toMatchObject({ status: { name: 'OK' } });
  expect(paused.messages).toHaveLength(40);
  expect(paused.messages[1]!.atMs - paused.messages[0]!.atMs).toBeGreaterThan(250);
  const failed = await run({
    method: 'mypackage.UserService/ListUsers',
    script: { steps: [{ messages: { count: 2 } }, { wait: 5_000 }] },
    pausesForMs: 60_000,
    deadlineMs: 300,
  });
  expect(failed).toMatchObject({ status: { name: 'DEADLINE_EXCEEDED' }, messages: [{}, {}] });
});
