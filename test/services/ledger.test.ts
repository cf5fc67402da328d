import { once } from 'node:events';
import { connect } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LedgerClient, TestClient } from './client.ts';
import { KINDS, KIND_NAMES } from './contract.ts';
import { ServiceProcess } from './processes.ts';
import { Tap } from './tap.ts';

let collector: ServiceProcess;
let pods: ServiceProcess[];
let client: TestClient;
let ledger: LedgerClient;

beforeAll(async () => {
  collector = await ServiceProcess.start('collector');
  const pod = (name: string): Promise<ServiceProcess> =>
    ServiceProcess.start('streaming', { COLLECTOR_ADDRESS: collector.address, POD_NAME: name });
  pods = [await pod('one'), await pod('two')];
  client = new TestClient(pods[0]!.address);
  ledger = new LedgerClient(collector.address);
});

afterAll(async () => {
  client.close();
  ledger.close();
  for (const pod of [...pods, collector]) await pod[Symbol.asyncDispose]();
});

let cases = 0;
const newCase = (): string => `ledger/${String((cases += 1))}`;

describe.each(KIND_NAMES)('%s', (kind) => {
  it('is in the ledger, with all that is known about it, when the client has its status', async () => {
    const caseId = newCase();
    const before = Date.now();
    await client.rpc(KINDS[kind], {
      caseId,
      rpcId: 'r',
      deadlineMs: 5000,
      metadata: {
        'x-request-id': 'from-the-gateway',
        'x-envoy-attempt-count': '3',
        'x-many': ['a', 'b'],
        'x-some-bin': Buffer.from([1, 0, 2]),
      },
      requests: [{ topic: 'one', sequence: 41, payload: Buffer.alloc(100) }],
    });
    const [entry, ...others] = await ledger.list(caseId, 'r');
    expect(others).toEqual([]);
    const [service = '', method = ''] = KINDS[kind].split('/');
    expect(entry).toMatchObject({
      case_id: caseId,
      rpc_id: 'r',
      request_id: 'from-the-gateway',
      attempt: 1,
      service,
      method,
      path: `/${KINDS[kind]}`,
      authority: pods[0]!.address,
      scheme: 'http',
      http_method: 'POST',
      http_status: 200,
      deployment: 'streaming-service',
      pod: 'one',
      version: 'v1',
      envoy_attempt_count: 3,
      closed: true,
      status_code: 0,
      cancelled: 0,
      reset_received: -1,
      reset_sent: -1,
      connection_lost: false,
      trailers_only: false,
      received_count: 1,
      received: [{ bytes: 109, sequence: 41 }],
      received_bytes: 109,
      sent_count: kind === 'server stream' ? 3 : 1,
    });
    expect(entry!.peer).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(entry!.sent_bytes).toBe(entry!.sent.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(entry!.deadline_ms).toBeGreaterThan(4000);
    expect(entry!.grpc_timeout).toBe(`${entry!.deadline_ms}m`);
    const times = [before, entry!.started, entry!.received[0]!.at, entry!.status_sent, Date.now() + 1];
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(entry!.half_close_seen).toBeGreaterThanOrEqual(entry!.received[0]!.at);
    const metadata = entry!.request_metadata.filter(({ key }) => /^(x-many|x-some-bin)$/.test(key));
    expect(metadata).toEqual([
      { key: 'x-many', value: 'a', binary_value: Buffer.alloc(0) },
      { key: 'x-many', value: 'b', binary_value: Buffer.alloc(0) },
      { key: 'x-some-bin', value: '', binary_value: Buffer.from([1, 0, 2]) },
    ]);
    expect(entry!.request_metadata.map(({ key }) => key)).toEqual(
      expect.arrayContaining(['te', 'content-type']),
    );
  });

  it('tells of a cancellation', async () => {
    const caseId = newCase();
    const script = { steps: [{ headers: {} }, { wait: { ms: 20_000 } }] };
    const outcome = await client.rpc(KINDS[kind], { caseId, script, cancelMs: 50 });
    expect(outcome.code).toBe(1);
    await vi.waitFor(async () => {
      const [entry] = await ledger.list(caseId);
      expect(entry).toMatchObject({ closed: true, reset_received: 8, status_code: -1, status_sent: 0 });
      expect(entry!.cancelled).toBeGreaterThan(entry!.headers_sent);
      expect(entry!.ended).toBeGreaterThan(0);
    });
  });
});

it('tells of the loss of the connection', async () => {
  const caseId = newCase();
  const tap = await Tap.start(pods[0]!.port);
  const lost = new TestClient(tap.address);
  const script = { steps: [{ headers: {} }, { wait: { ms: 20_000 } }] };
  const outcome = lost.rpc(KINDS.bidi, { caseId, script, open: true });
  await vi.waitFor(() => expect(tap.frames).toEqual(['HEADERS 1']));
  tap.close();
  expect((await outcome).code).toBe(14);
  lost.close();
  await vi.waitFor(async () => {
    const [entry] = await ledger.list(caseId);
    expect(entry).toMatchObject({ connection_lost: true, reset_received: -1, status_code: -1 });
    expect(entry!.cancelled).toBeGreaterThan(0);
  });
});

it('numbers attempts by case id and RPC id, over all pods', async () => {
  const caseId = newCase();
  const other = new TestClient(pods[1]!.address);
  for (const one of [client, other, client]) await one.rpc(KINDS.unary, { caseId, rpcId: 'a' });
  await other.rpc(KINDS.unary, { caseId, rpcId: 'b' });
  other.close();
  const entries = await ledger.list(caseId);
  expect(entries.map(({ rpc_id, attempt, pod }) => [rpc_id, attempt, pod])).toEqual([
    ['a', 1, 'one'],
    ['a', 2, 'two'],
    ['a', 3, 'one'],
    ['b', 1, 'two'],
  ]);
  expect(new Set(entries.map(({ id }) => id)).size).toBe(4);
});

it('keeps the entry although the pod is killed right after its reply', async () => {
  const caseId = newCase();
  const pod = await ServiceProcess.start('streaming', { COLLECTOR_ADDRESS: collector.address });
  const mortal = new TestClient(pod.address);
  await mortal.rpc(KINDS.unary, { caseId });
  await pod[Symbol.asyncDispose]();
  mortal.close();
  expect(await ledger.list(caseId)).toMatchObject([{ closed: true, status_code: 0 }]);
});

it('counts all messages and lists the first hundred', async () => {
  const caseId = newCase();
  const requests = Array.from({ length: 130 }, (_, index) => ({ sequence: index + 1 }));
  const { replies } = await client.rpc(KINDS.bidi, { caseId, requests });
  expect(replies).toHaveLength(130);
  const [entry] = await ledger.list(caseId);
  expect(entry).toMatchObject({ received_count: 130, sent_count: 130 });
  expect(entry!.received.map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: 100 }, (_, index) => index + 1),
  );
  expect(entry!.sent).toHaveLength(100);
});

it('tells of a message that was too large, which gRPC refuses by itself', async () => {
  const caseId = newCase();
  const payload = Buffer.alloc(64 * 1024 * 1024);
  const outcome = await client.rpc(KINDS.unary, { caseId, requests: [{ payload }] });
  expect(outcome.code).toBe(8);
  await vi.waitFor(async () => {
    expect(await ledger.list(caseId)).toMatchObject([{ status_code: 8, received_count: 0, cancelled: 0 }]);
  });
});

it('has RPCs to methods that do not exist', async () => {
  const caseId = newCase();
  expect((await client.rpc('mypackage.StreamingService/Missing', { caseId })).code).toBe(12);
  await vi.waitFor(async () => {
    expect(await ledger.list(caseId)).toMatchObject([
      {
        path: '/mypackage.StreamingService/Missing',
        method: 'Missing',
        status_code: 12,
        trailers_only: true,
      },
    ]);
  });
});

it('has requests that are not gRPC at all', async () => {
  const caseId = newCase();
  const session = connect(`http://${pods[0]!.address}`);
  const stream = session.request({ ':method': 'OPTIONS', ':path': '/a.B/C', 'x-meshproof-case': caseId });
  await once(stream.resume(), 'close');
  session.close();
  await vi.waitFor(async () => {
    expect(await ledger.list(caseId)).toMatchObject([
      {
        http_method: 'OPTIONS',
        path: '/a.B/C',
        http_status: 415,
        status_code: -1,
        cancelled: 0,
        closed: true,
      },
    ]);
  });
});

it('has a deadline of a month as it came, and keeps to it', async () => {
  const caseId = newCase();
  const metadata = { 'grpc-timeout': '2592000S' };
  expect((await client.rpc(KINDS.unary, { caseId, metadata })).code).toBe(0);
  expect(await ledger.list(caseId)).toMatchObject([{ grpc_timeout: '2592000S', deadline_ms: 2_592_000_000 }]);
});

it('has RPCs without a case id, a moment later', async () => {
  await ledger.forget('');
  await client.rpc(KINDS.unary);
  await vi.waitFor(async () => {
    const uncased = (await ledger.list('')).filter(({ case_id }) => case_id === '');
    expect(uncased).toMatchObject([{ attempt: 0, path: `/${KINDS.unary}`, status_code: 0, closed: true }]);
  });
});

it('forgets a case, and counts its attempts from the start', async () => {
  const [caseId, kept] = [newCase(), newCase()];
  for (const id of [caseId, caseId, kept]) await client.rpc(KINDS.unary, { caseId: id });
  expect(await ledger.forget(caseId)).toBe(2);
  expect(await ledger.list(caseId)).toEqual([]);
  expect(await ledger.list(kept)).toHaveLength(1);
  await client.rpc(KINDS.unary, { caseId });
  expect(await ledger.list(caseId)).toMatchObject([{ attempt: 1 }]);
});
