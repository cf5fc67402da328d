import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { renderTimeline } from '../../src/frames/timeline/render.ts';
import { rpcTimeline } from '../../src/frames/timeline/rpc-timeline.ts';
import type { ConnectionTimeline } from '../../src/frames/timeline/events.ts';
import type { Sighting } from '../../services/contract.ts';
import { SightingStore } from '../../services/sighting-store.ts';
import { told } from '../frames/connection.ts';
import { LedgerClient, TestClient } from './client.ts';
import { KINDS } from './contract.ts';
import { ServiceProcess } from './processes.ts';

let collector: ServiceProcess;
let service: ServiceProcess;
let ledger: LedgerClient;
let client: TestClient;

beforeAll(async () => {
  collector = await ServiceProcess.start('collector');
  service = await ServiceProcess.start('streaming', {
    COLLECTOR_ADDRESS: collector.address,
    POD_NAME: 'p-1',
  });
  ledger = new LedgerClient(collector.address);
  client = new TestClient(service.address);
});

afterAll(async () => {
  client.close();
  ledger.close();
  await service[Symbol.asyncDispose]();
  await collector[Symbol.asyncDispose]();
});

/** What the pods' taps saw of an RPC, once that is known. */
async function seen(rpcId: string): Promise<ConnectionTimeline[]> {
  const sightings = await vi.waitFor(async () => {
    const found = await ledger.sightings(rpcId);
    expect(found).toHaveLength(1);
    return found;
  });
  return sightings.map(({ timeline }) => JSON.parse(timeline) as ConnectionTimeline);
}
const frames = async (rpcId: string): Promise<string[]> => {
  const [connection] = await seen(rpcId);
  return told(connection!.streams[0]!.events).filter((text) => !text.includes('WINDOW_UPDATE'));
};

let rpcs = 0;
const ids = (): { caseId: string; rpcId: string } => ({ caseId: 'seen', rpcId: `rpc-${(rpcs += 1)}` });

describe('what a tap under a service saw', () => {
  it('is with the collector: a stream to its end, and its connection', async () => {
    const own = ids();
    await client.rpc(KINDS.unary, own);
    const [connection] = await seen(own.rpcId);
    expect(connection).toMatchObject({ leg: 'backend', pod: 'p-1', incomplete: false });
    expect(
      told(connection!.events)
        .filter((text) => !text.endsWith('ACK'))
        .slice(0, 2),
    ).toEqual(['server 0 SETTINGS', expect.stringMatching(/^client 0 SETTINGS INITIAL_WINDOW_SIZE/)]);
    expect(await frames(own.rpcId)).toEqual([
      expect.stringMatching(/^client \d+ HEADERS POST /),
      expect.stringMatching(/^client \d+ DATA \d+ bytes END_STREAM/),
      expect.stringMatching(/^server \d+ HEADERS :status 200/),
      expect.stringMatching(/^server \d+ DATA/),
      expect.stringMatching(/^server \d+ HEADERS grpc-status 0 END_STREAM/),
    ]);
  });

  it('has one entry for each RPC of a connection, and none of those that belong to no case', async () => {
    const [first, second] = [ids(), ids()];
    await client.rpc(KINDS.unary, first);
    await client.rpc(KINDS.unary, {});
    await client.rpc(KINDS.bidi, second);
    for (const { rpcId } of [first, second]) expect((await seen(rpcId))[0]!.streams).toHaveLength(1);
    expect((await ledger.sightings()).map(({ rpc_id }) => rpc_id)).not.toContain('');
  });

  it('has the reset of a client that cancels, and of a server that is told to', async () => {
    const cancelled = ids();
    await client.rpc(KINDS.bidi, {
      ...cancelled,
      script: { steps: [{ headers: {} }, { wait: { ms: 5000 } }] },
      cancelMs: 100,
    });
    expect((await frames(cancelled.rpcId)).at(-1)).toMatch(/^client \d+ RST_STREAM CANCEL \(8\)/);
    const reset = ids();
    await client.rpc(KINDS.unary, {
      ...reset,
      script: { steps: [{ headers: {} }, { reset: { code: 11 } }] },
    });
    expect((await frames(reset.rpcId)).at(-1)).toMatch(/^server \d+ RST_STREAM ENHANCE_YOUR_CALM \(11\)/);
  });

  it('has the end of a connection under its RPC', async () => {
    const own = ids();
    const other = new TestClient(service.address);
    await other.rpc(KINDS.unary, { ...own, script: { steps: [{ close_connection: { abort: true } }] } });
    other.close();
    const timeline = rpcTimeline(own.rpcId, await seen(own.rpcId));
    expect(renderTimeline(timeline)).toContain('RST: connection reset');
  });

  it('has HTTP/1.1 as what it is, by the RPC that its header names', async () => {
    const own = ids();
    const socket = connect(service.port, '127.0.0.1');
    socket.write(
      `POST /mypackage.Greeter/SayHello HTTP/1.1\r\nhost: a\r\nX-Meshproof-Case: ${own.caseId}\r\n` +
        `x-meshproof-rpc: ${own.rpcId}\r\ncontent-type: application/grpc\r\n\r\n`,
    );
    socket.on('error', () => undefined).resume();
    await once(socket, 'close');
    const timeline = rpcTimeline(own.rpcId, await seen(own.rpcId));
    expect(renderTimeline(timeline)).toContain('not HTTP/2: an HTTP/1.1 request');
  });

  it('has bytes that name nobody, by their time', async () => {
    const from = Date.now();
    const socket = connect(service.port, '127.0.0.1').on('error', () => undefined);
    socket.end(Buffer.from('16030100050100000100', 'hex'));
    socket.resume();
    const found = await vi.waitFor(async () => {
      const nameless = await ledger.sightings('', from, Date.now());
      expect(nameless).toHaveLength(1);
      return nameless;
    });
    expect(found[0]).toMatchObject({ case_id: '', rpc_id: '', stream_id: 0 });
    expect(await ledger.sightings('', 0, from - 60_000)).toEqual([]);
  });

  it('survives the pod', async () => {
    const own = ids();
    const short = await ServiceProcess.start('order', { COLLECTOR_ADDRESS: collector.address });
    const caller = new TestClient(short.address);
    await caller.rpc('mypackage.OrderService/GetOrder', own);
    const before = await frames(own.rpcId);
    caller.close();
    await short[Symbol.asyncDispose]();
    expect(await frames(own.rpcId)).toEqual(before);
    expect(before.at(-1)).toContain('grpc-status 0');
  });
});

describe('a service without taps', () => {
  it('answers, has seen nothing, and refuses faults', async () => {
    await using bare = await ServiceProcess.start('streaming', {
      COLLECTOR_ADDRESS: collector.address,
      FRAME_TAP: 'off',
    });
    const caller = new TestClient(bare.address);
    const own = ids();
    expect(await caller.rpc(KINDS.unary, own)).toMatchObject({ code: 0 });
    const refused = await caller.rpc(KINDS.unary, { ...ids(), script: { steps: [{ reset: { code: 8 } }] } });
    expect(refused).toMatchObject({ code: 9, details: expect.stringContaining('FRAME_TAP') as string });
    caller.close();
    expect(await ledger.sightings(own.rpcId)).toEqual([]);
  });
});

describe('the memory of sightings', () => {
  const sighting = (rpc: string, stream: number, bytes = 10): Sighting => ({
    case_id: `case of ${rpc}`,
    rpc_id: rpc,
    pod: 'p',
    connection: 1,
    stream_id: stream,
    at: stream,
    timeline: 'x'.repeat(bytes),
  });
  const rpcsIn = (store: SightingStore, ...rpc_ids: string[]): string[] =>
    store.list({ rpc_ids, nameless_from: 0, nameless_until: 0 }).map(({ rpc_id }) => rpc_id);

  it('forgets the oldest beyond its bound, and one of a stream that is seen anew', () => {
    const store = new SightingStore(35);
    for (const [i, rpc] of ['a', 'b', 'c', 'c'].entries()) store.add(sighting(rpc, Math.min(i, 2)));
    expect(rpcsIn(store, 'a', 'b', 'c')).toEqual(['a', 'b', 'c']);
    store.add(sighting('d', 4));
    expect(rpcsIn(store, 'a', 'b', 'c', 'd')).toEqual(['b', 'c', 'd']);
    store.forget('case of c');
    expect(rpcsIn(store, 'a', 'b', 'c', 'd')).toEqual(['b', 'd']);
    store.forget('');
    expect(rpcsIn(store, 'b', 'd')).toEqual([]);
  });
});
