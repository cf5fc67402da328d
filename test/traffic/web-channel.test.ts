import { randomUUID } from 'node:crypto';
import { type ServerHttp2Session, type ServerHttp2Stream, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Target } from '../../src/clients/target.ts';
import type { Call } from '../../src/traffic/call.ts';
import { UNARY_METHOD } from '../../src/traffic/plan.ts';
import { WebChannel } from '../../src/traffic/web-channel.ts';

const HEAD = { ':status': 200, 'content-type': 'application/grpc-web+proto' };

/** A frame of a gRPC-Web body: flags, length, content. */
function frame(flags: number, content: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}
const answer = (stream: ServerHttp2Stream): void => {
  stream.respond(HEAD);
  const trailers = frame(0x80, Buffer.from('grpc-status: 0\r\n'));
  stream.end(Buffer.concat([frame(0, Buffer.alloc(0)), trailers]));
};

let act: (stream: ServerHttp2Stream) => void = answer;
const sessions: ServerHttp2Session[] = [];
const server = createServer();
server.on('session', (session) => {
  session.on('error', () => undefined);
  sessions.push(session);
});
server.on('stream', (stream: ServerHttp2Stream) => {
  stream.on('error', () => undefined).resume();
  act(stream);
});
let target: Target;
let channel: WebChannel;
const call = (more: Partial<Call> = {}): Call => ({
  ids: { caseName: 'traffic/test', rpcId: randomUUID() },
  method: UNARY_METHOD,
  kind: 'unary',
  ...more,
});

beforeEach(async () => {
  act = answer;
  sessions.length = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  target = {
    address: '127.0.0.1',
    tlsPort: 0,
    h2cPort: port,
    caPem: '',
    caFile: '',
    host: 'grpc.example.com',
  };
  channel = new WebChannel(target, 'h2c');
});
afterEach(async () => {
  channel.close();
  for (const session of sessions) session.destroy();
  await new Promise((resolve) => server.close(resolve));
});

test('RPCs share a connection, and begin on another after GOAWAY while those before go on', async () => {
  expect(await channel.start(call()).over).toMatchObject({ status: 'OK', by: 'peer' });
  let held: ServerHttp2Stream | undefined;
  act = (stream) => {
    held = stream;
    stream.session?.goaway(0, 2 ** 31 - 1);
    act = answer;
  };
  const before = channel.start(call());
  await expect.poll(() => held).toBeDefined();
  await expect.poll(async () => (await channel.start(call()).over, sessions.length)).toBe(2);
  answer(held!);
  expect(await before.over).toMatchObject({ status: 'OK' });
});

test('a reset before any reply says so, and is the client’s own status', async () => {
  act = (stream) => stream.close(2);
  expect(await channel.start(call()).over).toMatchObject({ status: 'UNAVAILABLE', by: 'client' });
});

test('a deadline that passes is told at once; an end on purpose has no status', async () => {
  act = () => undefined;
  expect(await channel.start(call({ deadlineMs: 50 })).over).toMatchObject({
    status: 'DEADLINE_EXCEEDED',
    by: 'client',
  });
  const stream = channel.start(call());
  await expect.poll(() => sessions.length).toBe(1);
  stream.end();
  const end = await stream.over;
  expect(end.onPurpose).toBe(true);
  expect(end.status).toBeUndefined();
});

test('a stream that is refused begins anew on another connection, once', async () => {
  let refused = 0;
  act = (stream) => {
    refused++;
    act = answer;
    stream.close(7);
  };
  expect(await channel.start(call()).over).toMatchObject({ status: 'OK' });
  expect([refused, sessions.length]).toEqual([1, 2]);
  act = (stream) => {
    refused++;
    stream.close(7);
  };
  expect(await channel.start(call()).over).toMatchObject({ status: 'UNAVAILABLE', by: 'client' });
  expect(refused).toBe(3);
});
