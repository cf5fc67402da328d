import { createServer, type Http2Session } from 'node:http2';
import { connect as connectTcp, createServer as createTcpServer, type Socket } from 'node:net';
import { Client, Metadata, Server, ServerCredentials, credentials, type ServiceError } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { Recorder } from '../../../src/frames/tap/recorder.ts';
import { TappedSocket } from '../../../src/frames/tap/tapped-socket.ts';
import { ConnectionLog } from '../../../src/frames/timeline/connection-log.ts';
import { rpcTimeline, type RpcTimeline } from '../../../src/frames/timeline/rpc-timeline.ts';
import { TYPE } from '../../../src/frames/wire/protocol.ts';
import { told } from '../connection.ts';
import { answer, call, listening, type Handler, type RunningServer } from './servers.ts';

interface TappedServer extends RunningServer {
  readonly logs: ConnectionLog[];
  seen(rpcId: string): RpcTimeline;
}

/** A server whose every connection is tapped before HTTP/2 is parsed. */
async function startTapped(give: (socket: TappedSocket) => void): Promise<TappedServer> {
  const logs: ConnectionLog[] = [];
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => {
    sockets.push(socket);
    const recorder = new Recorder();
    logs.push(
      new ConnectionLog(
        { leg: 'backend', number: logs.length + 1, openedAtMs: Date.now(), tls: '' },
        recorder,
      ),
    );
    give(new TappedSocket(socket, recorder).on('error', () => undefined));
  });
  const running = await listening(server, () => sockets.forEach((socket) => socket.destroy()));
  return {
    ...running,
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
    logs,
    seen: (rpcId) =>
      rpcTimeline(
        rpcId,
        logs.map((log) => log.timeline()),
      ),
  };
}

function http2On(handler: (tapped: TappedSocket) => Handler): (socket: TappedSocket) => void {
  return (socket) => {
    const server = createServer().on('stream', handler(socket));
    server.on('session', (session: Http2Session) => session.on('error', () => undefined));
    server.emit('connection', socket);
  };
}

const frames = (timeline: RpcTimeline): string[] =>
  told(timeline.streams.flatMap(({ events }) => events)).filter((text) => !text.includes('WINDOW_UPDATE'));

test('a server of node:http2 answers over it, and its frames are on the record', async () => {
  await using server = await startTapped(http2On(() => answer));
  expect(await call(server.port, 'rpc-1')).toMatchObject({ bytes: 7, trailers: { 'grpc-status': '0' } });
  expect(frames(server.seen('rpc-1'))).toEqual([
    'client 1 HEADERS POST /mypackage.Greeter/SayHello',
    'client 1 DATA 5 bytes END_STREAM',
    'server 1 HEADERS :status 200',
    'server 1 DATA 7 bytes',
    'server 1 HEADERS grpc-status 0 END_STREAM',
  ]);
});

test('a server of grpc-js takes it as an injected connection', async () => {
  const grpc = new Server();
  const identity = (bytes: Buffer): Buffer => bytes;
  const method = {
    path: '/test.T/Echo',
    requestStream: false,
    responseStream: false,
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  };
  grpc.addService(
    { Echo: method },
    {
      Echo: (request: { request: Buffer }, done: (error: null, reply: Buffer) => void) =>
        done(null, request.request),
    },
  );
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  await using server = await startTapped((socket) => injector.injectConnection(socket));
  const client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('x-meshproof-rpc', 'rpc-2');
  const body = Buffer.alloc(100_000, 7);
  const reply = await new Promise<Buffer | undefined>((resolve, reject) => {
    client.makeUnaryRequest(
      method.path,
      identity,
      identity,
      body,
      metadata,
      (error: ServiceError | null, value) => {
        if (error === null) resolve(value);
        else reject(error);
      },
    );
  });
  expect(reply?.equals(body)).toBe(true);
  client.close();
  grpc.forceShutdown();
  expect(frames(server.seen('rpc-2')).at(-1)).toBe('server 1 HEADERS grpc-status 0 "OK" END_STREAM');
});

test.each([0, 1, 2, 7, 8, 11])(
  'RST_STREAM with code %i is put in behind the frame that is on its way',
  async (code) => {
    await using server = await startTapped(
      http2On((tapped) => (stream) => {
        stream.on('error', () => undefined);
        stream.respond({ ':status': 200 });
        stream.write(Buffer.alloc(50_000), () => tapped.resetStream(stream.id!, code));
      }),
    );
    const outcome = await call(server.port, 'rpc-3');
    expect(outcome.bytes).toBe(50_000);
    expect(outcome.rstCode).toBe(code);
    expect(frames(server.seen('rpc-3'))).toContainEqual(
      expect.stringMatching(`server 1 RST_STREAM .*${code}`),
    );
  },
);

test('GOAWAY may disown a stream that the server has begun', async () => {
  await using server = await startTapped(
    http2On((tapped) => (stream) => {
      stream.on('error', () => undefined);
      tapped.goaway(0, 2, 'why not');
    }),
  );
  let seen: unknown;
  await call(server.port, 'rpc-4', {
    onSession: (session) =>
      session.on('goaway', (...args: unknown[]) => (seen = args)).on('error', () => undefined),
  }).catch(() => undefined);
  expect(seen).toEqual([2, 0, Buffer.from('why not')]);
  expect(told(server.seen('rpc-4').rows.map(({ event }) => event))).toContain(
    'server 0 GOAWAY INTERNAL_ERROR (2), last stream 0 "why not"',
  );
});

test('frames that are left out never arrive, and the record says so', async () => {
  await using server = await startTapped(
    http2On((tapped) => (stream) => {
      stream.on('error', () => undefined);
      tapped.dropFrames('server', ({ type }) => type === TYPE.DATA);
      answer(stream, {});
    }),
  );
  expect(await call(server.port, 'rpc-5')).toMatchObject({ bytes: 0, trailers: { 'grpc-status': '0' } });
  expect(frames(server.seen('rpc-5'))).toContain('server 1 (tap: left out DATA of 7 bytes)');
});

test.each(['FIN', 'RST'] as const)('the connection can be cut by %s', async (how) => {
  await using server = await startTapped(
    http2On((tapped) => (stream) => {
      stream.on('error', () => undefined);
      tapped.cut(how);
    }),
  );
  const failure: unknown = await call(server.port, 'rpc-6').catch((error: unknown) => error);
  if (how === 'RST') expect(failure).toMatchObject({ code: 'ECONNRESET' });
  expect(told(server.seen('rpc-6').rows.map(({ event }) => event)).at(-1)).toMatch(`server 0 ${how}`);
});

test('HTTP/1.1 sent to it is seen as what it is, under the RPC that it names', async () => {
  await using server = await startTapped(http2On(() => answer));
  const socket = connectTcp(server.port, '127.0.0.1');
  socket.write('POST /mypackage.Greeter/SayHello HTTP/1.1\r\nHost: a\r\nX-Meshproof-Rpc: rpc-7\r\n\r\n');
  await new Promise((resolve) => socket.on('error', resolve).on('close', resolve).resume());
  const { rows } = server.seen('rpc-7');
  expect(told(rows.map(({ event }) => event))).toContainEqual(
    expect.stringMatching(
      /^client 0 not HTTP\/2: an HTTP\/1.1 request \("POST \/mypackage.Greeter\/SayHello HTTP\/1.1"\)/,
    ),
  );
  expect(server.seen('another').streams).toEqual([]);
});
