import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { LedgerClient, TestClient, type Outcome } from './client.ts';
import { KINDS, KIND_NAMES } from './contract.ts';
import { ServiceProcess } from './processes.ts';
import { Tap } from './tap.ts';

let collector: ServiceProcess;
let service: ServiceProcess;
let ledger: LedgerClient;
let tap: Tap;
let client: TestClient;

beforeAll(async () => {
  collector = await ServiceProcess.start('collector');
  service = await ServiceProcess.start('streaming', { COLLECTOR_ADDRESS: collector.address });
  ledger = new LedgerClient(collector.address);
});

afterAll(async () => {
  ledger.close();
  await service[Symbol.asyncDispose]();
  await collector[Symbol.asyncDispose]();
});

beforeEach(async () => {
  tap = await Tap.start(service.port);
  client = new TestClient(tap.address);
});

afterEach(() => {
  client.close();
  tap.close();
});

let cases = 0;
const newCase = (): string => `fault/${String((cases += 1))}`;
const play = (steps: object[], caseId = newCase(), kind: keyof typeof KINDS = 'unary'): Promise<Outcome> =>
  client.rpc(KINDS[kind], { script: { steps }, caseId });
/** Frames may still be on their way when the client has its status. */
const frames = (expected: string[]): Promise<void> => vi.waitFor(() => expect(tap.frames).toEqual(expected));

describe('RST_STREAM', () => {
  it.each([0, 1, 2, 5, 7, 8, 11, 12, 13, 0x7fff_ffff])('with code %i before headers', async (code) => {
    const caseId = newCase();
    const outcome = await play([{ reset: { code } }], caseId);
    expect(outcome.code).not.toBe(0);
    expect(outcome.initial).toBeUndefined();
    await frames([`RST_STREAM 1 code ${code}`]);
    expect(await ledger.list(caseId)).toMatchObject([
      { reset_sent: code, reset_received: -1, status_code: -1, cancelled: 0, closed: true },
    ]);
  });

  it.each(KIND_NAMES)('after headers, and after the second message: %s', async (kind) => {
    expect((await play([{ headers: {} }, { reset: { code: 8 } }], newCase(), kind)).code).toBe(1);
    const outcome = await play(
      [{ messages: { count: 2, payload_bytes: 30_000 } }, { reset: { code: 11 } }],
      newCase(),
      kind,
    );
    expect(outcome.code).toBe(8);
    expect(outcome.replies.length).toBeLessThanOrEqual(2);
    await vi.waitFor(() => expect(tap.frames.at(-1)).toBe('RST_STREAM 3 code 11'));
    expect(tap.frames.slice(0, 2)).toEqual(['HEADERS 1', 'RST_STREAM 1 code 8']);
    expect(tap.frames.filter((frame) => frame.startsWith('DATA 3'))).not.toHaveLength(0);
  });

  it('NO_ERROR after the status, as a server may do that ignores the rest of the requests', async () => {
    const script = { steps: [{ messages: {} }, { status: { code: 0 } }, { reset: { code: 0 } }] };
    const outcome = await client.rpc(KINDS.bidi, { script, open: true });
    expect(outcome).toMatchObject({ code: 0, replies: [{ sequence: 1 }] });
    await frames(['HEADERS 1', 'DATA 1', 'HEADERS 1 END_STREAM', 'RST_STREAM 1 code 0']);
  });
});

describe('GOAWAY', () => {
  const goaway = { code: 0, debug_data: 'why' };

  it('that lets this RPC finish', async () => {
    const caseId = newCase();
    const outcome = await play([{ goaway }, { wait: { ms: 30 } }, { answer: {} }], caseId);
    expect(outcome).toMatchObject({ code: 0 });
    expect(tap.frames[0]).toBe('GOAWAY last 1 code 0 "why"');
    expect(await ledger.list(caseId)).toMatchObject([{ goaways_sent: [0], status_code: 0 }]);
  });

  it('that begins a graceful shutdown', async () => {
    const outcome = await play([{ goaway: { code: 0, last_stream: 'LAST_STREAM_MAX' } }, { answer: {} }]);
    expect(outcome).toMatchObject({ code: 0 });
    expect(tap.frames[0]).toBe('GOAWAY last 2147483647 code 0');
  });

  it('with any code', async () => {
    // node:http2 gives up the whole connection then, as a client; that is not this test's business.
    await play([{ goaway: { code: 11, debug_data: 'too_many_pings' } }]);
    expect(tap.frames[0]).toBe('GOAWAY last 1 code 11 "too_many_pings"');
  });

  it("that disowns a connection's first RPC", async () => {
    const caseId = newCase();
    const outcome = await play(
      [{ goaway: { ...goaway, last_stream: 'LAST_STREAM_BEFORE_THIS' } }, { messages: {} }],
      caseId,
    );
    expect(outcome).toMatchObject({ code: 14, replies: [] });
    expect(tap.frames[0]).toBe('GOAWAY last 0 code 0 "why"');
    expect(await ledger.list(caseId)).toMatchObject([
      { goaways_sent: [0], status_code: -1, closed: true, cancelled: 0 },
    ]);
  });

  it('that disowns a later RPC, while an earlier one goes on', async () => {
    const earlier = play([{ headers: {} }, { wait: { ms: 200 } }, { answer: {} }]);
    await vi.waitFor(() => expect(tap.frames).toEqual(['HEADERS 1']));
    const caseId = newCase();
    const later = await play([{ goaway: { ...goaway, last_stream: 'LAST_STREAM_BEFORE_THIS' } }], caseId);
    expect(later.code).toBe(14);
    expect(await earlier).toMatchObject({ code: 0, replies: [{ sequence: 0 }] });
    expect(tap.frames[1]).toBe('GOAWAY last 1 code 0 "why"');
    expect(await ledger.list(caseId)).toMatchObject([
      { reset_received: -1, cancelled: 0, connection_lost: false },
    ]);
  });
});

describe('closing the TCP connection', () => {
  it.each([
    [false, 'FIN'],
    [true, 'RST'],
  ])('abort: %s', async (abort, how) => {
    const caseId = newCase();
    const bystander = newCase();
    const other = play([{ headers: {} }, { wait: { ms: 5000 } }], bystander);
    await vi.waitFor(() => expect(tap.frames).toEqual(['HEADERS 1']));
    const outcome = await play([{ messages: {} }, { close_connection: { abort } }], caseId);
    expect(outcome.code).toBe(14);
    expect((await other).code).toBe(14);
    await vi.waitFor(() => expect(tap.frames.at(-1)).toBe(how));
    await vi.waitFor(async () => {
      expect(await ledger.list(caseId)).toMatchObject([
        { connection_closed: true, connection_lost: false, cancelled: 0 },
      ]);
      expect(await ledger.list(bystander)).toMatchObject([
        { connection_closed: false, connection_lost: true },
      ]);
    });
  });
});

describe('frames that are left out', () => {
  it('DATA: the replies are lost, and the status is not', async () => {
    const outcome = await play(
      [{ drop_frames: { frames: 'DROPPED_FRAMES_DATA' } }, { messages: { count: 2, payload_bytes: 100 } }],
      newCase(),
      'server stream',
    );
    expect(outcome).toMatchObject({ code: 0, replies: [] });
    await frames(['HEADERS 1', 'HEADERS 1 END_STREAM']);
    expect((await play([{ messages: { count: 1 } }])).replies).toHaveLength(1);
  });

  it('WINDOW_UPDATE: a client that sends more than the window stalls', async () => {
    const payload = Buffer.alloc(60_000);
    const outcome = await client.rpc(KINDS['client stream'], {
      caseId: newCase(),
      script: {
        steps: [{ drop_frames: { frames: 'DROPPED_FRAMES_WINDOW_UPDATE' } }, { await_half_close: {} }],
      },
      requests: Array.from({ length: 20 }, () => ({ payload })),
      deadlineMs: 700,
    });
    expect(outcome.code).toBe(4);
  });

  it('PING: the keepalive of the other end fails', async () => {
    const caller = new TestClient(tap.address, {
      'grpc.keepalive_time_ms': 1000,
      'grpc.keepalive_timeout_ms': 200,
    });
    const outcome = await caller.rpc(KINDS.unary, {
      caseId: newCase(),
      script: { steps: [{ drop_frames: { frames: 'DROPPED_FRAMES_PING' } }, { wait: { ms: 5000 } }] },
    });
    caller.close();
    expect(outcome).toMatchObject({ code: 14 });
    expect(outcome.endedAt).toBeLessThan(4000);
  });
});

it('fails the first attempts by any fault', async () => {
  const caseId = newCase();
  const script = { fail_first: { attempts: 1, steps: [{ headers: {} }, { reset: { code: 7 } }] } };
  expect((await client.rpc(KINDS.unary, { caseId, script })).code).toBe(14);
  expect((await client.rpc(KINDS.unary, { caseId, script })).code).toBe(0);
});
