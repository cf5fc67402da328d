import { Client, credentials, Metadata, status, type StatusObject } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { control } from './contract.ts';
import { LedgerClient } from './client.ts';
import { ServiceProcess } from './processes.ts';

let collector: ServiceProcess;
let standIn: ServiceProcess;
let client: Client;
beforeAll(async () => {
  collector = await ServiceProcess.start('collector');
  standIn = await ServiceProcess.start('stand-in', {
    SERVICE_NAME: 'catalogue',
    COLLECTOR_ADDRESS: collector.address,
  });
  client = new Client(standIn.address, credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  await standIn[Symbol.asyncDispose]();
  await collector[Symbol.asyncDispose]();
});

/** Messages as they are on the wire, both ways. */
function rpc(path: string, requests: readonly Buffer[], metadata: Record<string, string | Buffer> = {}) {
  const sent = new Metadata();
  for (const [key, value] of Object.entries(metadata)) sent.set(key, value);
  const same = (bytes: Buffer) => bytes;
  const call = client.makeBidiStreamRequest(path, same, same, sent, { deadline: Date.now() + 25_000 });
  const replies: Buffer[] = [];
  call.on('data', (reply: Buffer) => replies.push(reply));
  call.on('error', () => undefined);
  for (const request of requests) call.write(request);
  call.end();
  return new Promise<StatusObject & { replies: Buffer[] }>((resolve) => {
    call.on('status', (status: StatusObject) => resolve({ ...status, replies }));
  });
}

describe('a stand-in', () => {
  it.each([
    ['a unary RPC', 1],
    ['a client stream', 3],
    ['an empty stream', 0],
  ])('answers %s to a method it never heard of, and says who it is', async (_kind, count) => {
    const requests = Array.from({ length: count }, () => Buffer.from('\u000a\u0003abc'));
    const { code, replies, metadata } = await rpc('/shop.v1.Catalogue/GetProduct', requests);
    expect(code).toBe(0);
    expect(replies).toEqual([Buffer.alloc(0)]);
    expect(metadata.get('x-meshproof-service')).toEqual(['catalogue']);
  });

  it('echoes messages as they are when a script says so', async () => {
    const script = control('Script', { steps: [{ echo: { count: 0 } }] });
    const requests = [Buffer.from([1, 2, 3]), Buffer.alloc(0), Buffer.from([255])];
    const { code, replies } = await rpc('/shop.v1.Orders/Track', requests, {
      'x-meshproof-script-bin': script,
    });
    expect(code).toBe(0);
    expect(replies).toEqual(requests);
  });

  it('plays the steps of a script and writes the ledger', async () => {
    const script = control('Script', {
      steps: [
        { await_half_close: {} },
        { messages: { count: 2, payload_bytes: 3 } },
        { status: { code: 5 } },
      ],
    });
    const { code, replies } = await rpc('/shop.v1.Orders/Watch', [Buffer.from('ask')], {
      'x-meshproof-script-bin': script,
      'x-meshproof-case': 'stand-in/script',
      'x-meshproof-rpc': 'one',
    });
    expect(code).toBe(5);
    expect(replies).toEqual([Buffer.from([1, 2, 3]), Buffer.from([2, 3, 4])]);
    const ledger = new LedgerClient(collector.address);
    const [entry] = await ledger.list('stand-in/script');
    ledger.close();
    expect(entry).toMatchObject({
      service: 'shop.v1.Orders',
      method: 'Watch',
      deployment: 'catalogue',
      received_count: 1,
      received_bytes: 3,
      sent_count: 2,
      sent_bytes: 6,
      status_code: 5,
    });
  });

  it('keeps its own health service', async () => {
    const { code, replies } = await rpc('/grpc.health.v1.Health/Check', [Buffer.alloc(0)]);
    expect(code).toBe(0);
    // Field 1, SERVING.
    expect(replies).toEqual([Buffer.from([8, 1])]);
  });

  it('does not take a path that names no method', async () => {
    const { code } = await rpc('/nothing', [Buffer.alloc(0)]);
    expect(code).toBe(12);
  });

  it('learns a bounded number of methods', async () => {
    const call = (i: number) => rpc(`/many.Services/M${i}`, [Buffer.alloc(0)]);
    const first = await Promise.all(Array.from({ length: 290 }, (_, i) => call(i)));
    expect(first.every(({ code }) => code === status.OK)).toBe(true);
    await Promise.all(Array.from({ length: 20 }, (_, i) => call(290 + i)));
    expect((await call(2_000)).code).toBe(12);
  });
});
