import { Metadata } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LedgerClient, TestClient, type Outcome } from './client.ts';
import { KINDS, KIND_NAMES, readControl } from './contract.ts';
import { ServiceProcess } from './processes.ts';

let collector: ServiceProcess;
let service: ServiceProcess;
let client: TestClient;
let ledger: LedgerClient;

beforeAll(async () => {
  collector = await ServiceProcess.start('collector');
  service = await ServiceProcess.start('streaming', { COLLECTOR_ADDRESS: collector.address });
  client = new TestClient(service.address);
  ledger = new LedgerClient(collector.address);
});

afterAll(async () => {
  client.close();
  ledger.close();
  await service[Symbol.asyncDispose]();
  await collector[Symbol.asyncDispose]();
});

let cases = 0;
const newCase = (): string => `script/${String((cases += 1))}`;

/** Keys and values, the server's signature and what HTTP adds aside. */
function own(metadata: Metadata | undefined): Record<string, unknown[]> {
  const keys = Object.keys(metadata?.getMap() ?? {}).filter(
    (key) => !/^(x-meshproof-(service|pod|version)|date|grpc-(accept-)?encoding|content-type)$/.test(key),
  );
  return Object.fromEntries(keys.map((key) => [key, metadata?.get(key) ?? []]));
}

describe.each(KIND_NAMES)('%s', (kind) => {
  const path = KINDS[kind];
  const play = (steps: object[], more: object = {}): Promise<Outcome> =>
    client.rpc(path, { script: { steps, ...more } });

  it('sends initial metadata, ascii and binary, repeated keys too', async () => {
    const metadata = [
      { key: 'x-one', value: 'first' },
      { key: 'x-one', value: 'second' },
      { key: 'x-two-bin', binary_value: Buffer.from([0, 255, 7]) },
    ];
    const { code, initial } = await play([{ headers: { metadata } }, { answer: {} }]);
    expect(code).toBe(0);
    // grpc-js joins what HTTP/2 delivers as separate fields.
    expect(own(initial)).toEqual({ 'x-one': ['first, second'], 'x-two-bin': [Buffer.from([0, 255, 7])] });
  });

  it.each(['gzip', 'deflate'])('compresses its messages by %s, and says so', async (compress) => {
    const { code, replies } = await play([{ messages: { count: 2, payload_bytes: 1000 } }], { compress });
    expect(code).toBe(0);
    expect(replies.map(({ payload }) => payload.length)).toEqual([1000, 1000]);
  });

  it('refuses a compression that it does not know', async () => {
    const { code, details } = await play([{ answer: {} }], { compress: 'br' });
    expect(code).toBe(3);
    expect(details).toContain('"br" is neither gzip nor deflate');
  });

  it('sends messages of the size and at the interval asked for', async () => {
    const { code, replies, repliedAt } = await play([
      { messages: { count: 3, payload_bytes: 1000, interval_ms: 40 } },
      { messages: { payload_bytes: 2 } },
    ]);
    expect(code).toBe(0);
    expect(replies.map(({ sequence, payload }) => [sequence, payload.length])).toEqual([
      [1, 1000],
      [2, 1000],
      [3, 1000],
      [4, 2],
    ]);
    expect(
      replies.every(({ sequence, payload }) => payload.every((byte, at) => byte === (sequence + at) % 256)),
    ).toBe(true);
    // Two intervals; on a busy machine the first message may be late by one.
    expect(repliedAt[2]).toBeGreaterThan(78);
  });

  it('ends with a status in a trailers-only reply, after headers, or after messages', async () => {
    const status = {
      code: 9,
      message: 'no: "é" 100%\n',
      trailing_metadata: [{ key: 'x-why', value: 'because' }],
    };
    const early = await play([{ status }]);
    expect(early).toMatchObject({ code: 9, details: status.message, replies: [] });
    // grpc-js shows the one header block of a trailers-only reply as trailing metadata.
    expect(early.initial).toBeUndefined();
    expect(own(early.trailing)).toEqual({ 'x-why': ['because'] });

    const afterHeaders = await play([{ status: { ...status, after_headers: true } }]);
    expect(afterHeaders).toMatchObject({ code: 9, details: status.message, replies: [] });
    expect(afterHeaders.initial).toBeInstanceOf(Metadata);

    const afterMessages = await play([{ messages: { count: 2 } }, { status }]);
    expect(afterMessages).toMatchObject({ code: 9, details: status.message });
    expect(afterMessages.replies).toHaveLength(2);
    expect(own(afterMessages.trailing)).toEqual({ 'x-why': ['because'] });
  });

  it('waits before the headers and before the status', async () => {
    const { code, endedAt } = await play([{ wait: { ms: 60 } }, { headers: {} }, { wait: { ms: 60 } }]);
    expect(code).toBe(0);
    expect(endedAt).toBeGreaterThan(115);
  });

  it('fails the first attempts and then succeeds', async () => {
    const caseId = newCase();
    const script = { fail_first: { attempts: 2, steps: [{ status: { code: 14, message: 'not yet' } }] } };
    const codes: number[] = [];
    for (let attempt = 1; attempt <= 4; attempt++) {
      codes.push((await client.rpc(path, { caseId, rpcId: 'one', script })).code);
    }
    expect(codes).toEqual([14, 14, 0, 0]);
    expect((await client.rpc(path, { caseId, rpcId: 'another', script })).code).toBe(14);
    const entries = await ledger.list(caseId, 'one');
    expect(entries.map(({ attempt, failed_on_purpose }) => [attempt, failed_on_purpose])).toEqual([
      [1, true],
      [2, true],
      [3, false],
      [4, false],
    ]);
  });

  it('ends with DEADLINE_EXCEEDED at the deadline, unless told to ignore it', async () => {
    const caseId = newCase();
    const steps = [{ wait: { ms: 250 } }];
    // The client's own deadline would hide what the server does, so the header is written by hand.
    const metadata = { 'grpc-timeout': '80m' };
    const long = { steps: [{ wait: { ms: 60_000 } }] };
    const honoured = await client.rpc(path, { caseId, metadata, script: long });
    expect(honoured).toMatchObject({ code: 4, replies: [] });
    expect(honoured.endedAt).toBeLessThan(60_000);
    const script = { steps, ignore_deadline: true, respond_with_deadline: true };
    const ignored = await client.rpc(path, { metadata, script });
    expect(ignored.code).toBe(0);
    expect(own(ignored.trailing)).toEqual({ 'x-meshproof-grpc-timeout': ['80m'] });
    expect((await ledger.list(caseId))[0]).toMatchObject({ status_code: 4, deadline_ms: 80, cancelled: 0 });
  });

  it('says that there was no deadline', async () => {
    const { trailing } = await play([{ answer: {} }], { respond_with_deadline: true });
    expect(own(trailing)).toEqual({ 'x-meshproof-grpc-timeout': ['none'] });
  });
});

it.each(Array.from({ length: 17 }, (_, code) => code))('sends status code %i', async (code) => {
  const message = `message of ${String(code)}`;
  const details = [
    { type_url: 'type.googleapis.com/google.rpc.ErrorInfo', value: Buffer.from([10, 1, 97]) },
    { type_url: 'type.googleapis.com/google.rpc.RetryInfo', value: Buffer.alloc(0) },
  ];
  const outcome = await client.rpc(KINDS.unary, {
    script: { steps: [{ status: { code, message, details } }] },
  });
  expect(outcome).toMatchObject({ code, details: message });
  const [binary] = outcome.trailing.get('grpc-status-details-bin');
  expect(readControl('StatusDetails', binary as Buffer)).toEqual({ code, message, details });
});

describe('requests', () => {
  it('can be ignored: the status goes out while the client is still sending', async () => {
    const script = { steps: [{ status: { code: 8 } }] };
    for (const kind of ['client stream', 'bidi'] as const) {
      const outcome = await client.rpc(KINDS[kind], { script, open: true, requests: [{}, {}] });
      expect(outcome).toMatchObject({ code: 8, replies: [] });
    }
  });

  it('are read before the first step of a unary or server-streaming RPC, or not', async () => {
    for (const kind of ['unary', 'server stream'] as const) {
      const script = { steps: [{ status: { code: 8 } }] };
      const caseId = newCase();
      await client.rpc(KINDS[kind], { script, caseId, rpcId: 'usual' });
      await client.rpc(KINDS[kind], {
        script: { ...script, before_request: true },
        caseId,
        rpcId: 'early',
        open: true,
        requests: [],
      });
      expect((await ledger.list(caseId)).map(({ received_count }) => received_count)).toEqual([1, 0]);
    }
  });

  it('can be awaited, all or some', async () => {
    const requests = [{ sequence: 1 }, { sequence: 2 }, { sequence: 3 }];
    const some = await client.rpc(KINDS.bidi, {
      script: { steps: [{ await_messages: { count: 2 } }, { echo: { count: 1 } }, { status: { code: 5 } }] },
      requests,
      open: true,
    });
    expect(some).toMatchObject({ code: 5, replies: [{ sequence: 3 }] });
    const all = await client.rpc(KINDS.bidi, {
      script: { steps: [{ await_half_close: {} }, { messages: {} }] },
      requests,
    });
    expect(all).toMatchObject({ code: 0, replies: [{ sequence: 1 }] });
  });

  it('are echoed by a scripted echo until the half-close', async () => {
    const requests = [
      { sequence: 5, topic: 'a' },
      { sequence: 6, topic: 'b' },
    ];
    const { replies } = await client.rpc(KINDS.bidi, {
      script: { steps: [{ echo: {} }, { messages: {} }] },
      requests,
    });
    expect(replies.map(({ sequence, topic }) => [sequence, topic])).toEqual([
      [5, 'a'],
      [6, 'b'],
      [3, ''],
    ]);
  });
});

describe('a script that cannot be played is refused', () => {
  const GOOD = { status: { code: 0 } };
  it.each<[string, object, RegExp]>([
    ['a step of no kind', { steps: [{}] }, /steps\[0\]: a step of no known kind/],
    [
      'a message after the status',
      { steps: [GOOD, { messages: {} }] },
      /steps\[1\]: messages cannot follow status/,
    ],
    ['a step after the end', { steps: [{ reset: { code: 2 } }, GOOD] }, /nothing can follow reset/],
    [
      'too much waiting',
      { steps: [{ wait: { ms: 60_000_000 } }, { wait: { ms: 60_000_000 } }] },
      /waitMs add up to 120000000/,
    ],
    [
      'too much payload',
      { steps: [{ messages: { count: 129, payload_bytes: 1024 * 1024 } }] },
      /payloadBytes add up/,
    ],
    ['too many messages', { steps: [{ messages: { count: 200_001 } }] }, /messages add up/],
    ['a negative number', { steps: [{ messages: { payload_bytes: -1 } }] }, /a negative number/],
    ['too many steps', { steps: Array(1001).fill({ answer: {} }) }, /more than 1000 steps/],
    [
      'an illegal key',
      { steps: [{ headers: { metadata: [{ key: 'a b', value: '' }] } }] },
      /illegal characters/,
    ],
    [
      'a hop-by-hop key',
      { steps: [{ headers: { metadata: [{ key: 'te', value: '' }] } }] },
      /"te" cannot be metadata/,
    ],
    [
      'a repeated HTTP header',
      { steps: [{ headers: { metadata: Array(2).fill({ key: 'date', value: 'x' }) } }] },
      /"date" cannot be repeated/,
    ],
    ['fail_first without a case', { fail_first: { attempts: 1, steps: [GOOD] } }, /x-meshproof-case/],
  ])('%s', async (_, script, message) => {
    const outcome = await client.rpc(KINDS.unary, { script });
    expect(outcome).toMatchObject({ code: 3, replies: [] });
    expect(outcome.details).toMatch(/^meshproof: /);
    expect(outcome.details).toMatch(message);
  });

  it('fail_first without attempts or steps', async () => {
    for (const fail_first of [{ attempts: 0, steps: [GOOD] }, { attempts: 1 }]) {
      const outcome = await client.rpc(KINDS.unary, { script: { fail_first }, caseId: newCase() });
      expect(outcome).toMatchObject({ code: 3 });
    }
  });

  it('bytes that are no script', async () => {
    const metadata = { 'x-meshproof-script-bin': Buffer.from([255, 255, 255]) };
    const outcome = await client.rpc(KINDS.unary, { metadata });
    expect(outcome).toMatchObject({ code: 3, details: 'meshproof: x-meshproof-script-bin is not a Script' });
  });
});
