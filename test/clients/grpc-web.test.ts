import { createServer as createHttp1, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeMessage } from '../../src/clients/grpc-web-framing.ts';
import { invokeGrpcWeb } from '../../src/clients/grpc-web.ts';
import type { GrpcWebInvocation } from '../../src/clients/invocation.ts';
import { findMethod } from '../../src/clients/protos.ts';
import type { RpcRecord } from '../../src/clients/record.ts';
import type { Target } from '../../src/clients/target.ts';
import { someIds } from './loopback.ts';
import { startTlsTerminator, type TlsTerminator } from './tls-terminator.ts';

/** A server that answers as the test says: a gateway that speaks gRPC-Web, good or bad, is what it stands for. */
type Answer = (reply: ServerResponse, request: { headers: IncomingMessage['headers']; body: Buffer }) => void;
let answer: Answer;

async function handle(
  request: IncomingMessage | Http2ServerRequest,
  reply: ServerResponse | Http2ServerResponse,
) {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  answer(reply as ServerResponse, { headers: request.headers, body: Buffer.concat(chunks) });
}

const servers: Server[] = [
  createHttp1((request, reply) => void handle(request, reply)),
  createHttp2((request, reply) => void handle(request, reply)),
];
const terminators: TlsTerminator[] = [];
beforeAll(async () => {
  for (const [i, server] of servers.entries()) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    terminators.push(
      await startTlsTerminator((server.address() as AddressInfo).port, [i === 0 ? 'http/1.1' : 'h2']),
    );
  }
});
afterAll(async () => {
  for (const terminator of terminators) await terminator[Symbol.asyncDispose]();
  for (const server of servers) server.close();
});

async function run(
  invocation: Partial<GrpcWebInvocation> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<RpcRecord> {
  const http = invocation.http ?? '1.1';
  const version = http === '1.1' ? 0 : 1;
  const terminator = terminators[version]!;
  const target: Target = {
    address: '127.0.0.1',
    tlsPort: terminator.port,
    h2cPort: (servers[version]!.address() as AddressInfo).port,
    caPem: terminator.caPem,
    caFile: terminator.caFile,
    host: 'grpc.example.com',
  };
  return invokeGrpcWeb(
    {
      client: 'grpc-web',
      transport: 'h2c',
      http,
      mode: 'binary',
      method: 'mypackage.Greeter/SayHello',
      requests: [{ name: 'World' }],
      ...invocation,
    },
    target,
    someIds(),
    signal,
  );
}

const reply = { message: 'Hello World', served_by: { service: 'grpc-service' }, sequence: 1 };
const greeting = () => {
  const method = findMethod('mypackage.Greeter/SayHello') as unknown as {
    responseSerialize(value: object): Buffer;
  };
  return encodeMessage(method.responseSerialize(reply));
};
const trailers = (block: string): Buffer => {
  const frame = encodeMessage(Buffer.from(block));
  frame[0] = 0x80;
  return frame;
};
const good: Answer = (response, { headers }) => {
  const text = headers.accept?.includes('-text') === true;
  const piece = (frame: Buffer) => (text ? frame.toString('base64') : frame);
  response.writeHead(200, {
    'content-type': `application/grpc-web${text ? '-text' : ''}+proto`,
    'x-initial': 'a',
  });
  response.write(piece(greeting()));
  response.end(piece(trailers('grpc-status:0\r\ngrpc-message:\r\nx-trailer:b\r\n')));
};

describe.each([
  ['1.1', 'tls', 'binary', 'http/1.1'],
  ['1.1', 'h2c', 'text', ''],
  ['2', 'tls', 'text', 'h2'],
  ['2', 'h2c', 'binary', ''],
] as const)('HTTP/%s over %s in %s mode', (http, transport, mode, alpn) => {
  test('message, status and trailers come out of the body', async () => {
    answer = good;
    const record = await run({ http, transport, mode });
    expect(record.status).toEqual({ name: 'OK', details: '', from: 'trailers frame' });
    expect(record.messages.map(({ body }) => body.message)).toEqual(['Hello World']);
    expect(record.initialMetadata['x-initial']).toEqual(['a']);
    expect(record.trailers['x-trailer']).toEqual(['b']);
    expect(record.http).toMatchObject({ status: 200, alpn });
  });
});

test('what is sent: the path, the ids, the deadline, and the message in its frame', async () => {
  let seen: Parameters<Answer>[1] | undefined;
  answer = (response, request) => {
    seen = request;
    good(response, request);
  };
  await run({ deadlineMs: 5000, metadata: { 'x-mine': ['1', '2'], 'x-mine-bin': 'AAEC' } });
  expect(seen?.headers).toMatchObject({
    host: 'grpc.example.com',
    'content-type': 'application/grpc-web+proto',
    accept: 'application/grpc-web+proto',
    'x-grpc-web': '1',
    'grpc-timeout': '5000m',
    'x-meshproof-case': 'test/case',
    'x-mine': '1, 2',
    'x-mine-bin': 'AAEC',
  });
  expect(seen?.body.subarray(0, 5)).toEqual(Buffer.of(0, 0, 0, 0, 7));
});

test('in text mode the request is base64 too', async () => {
  let body = '';
  answer = (response, request) => {
    body = request.body.toString();
    good(response, request);
  };
  await run({ mode: 'text' });
  expect(Buffer.from(body, 'base64').subarray(0, 5)).toEqual(Buffer.of(0, 0, 0, 0, 7));
});

test('a trailers-only reply has its status in the headers', async () => {
  answer = (response) => {
    response.writeHead(200, {
      'content-type': 'application/grpc-web+proto',
      'grpc-status': '5',
      'grpc-message': 'gr%C3%B6%C3%9Fer',
      'x-trailer': 'b',
    });
    response.end();
  };
  const record = await run();
  expect(record.status).toEqual({ name: 'NOT_FOUND', details: 'größer', from: 'headers' });
  expect(record.trailers['x-trailer']).toEqual(['b']);
  expect(record.initialMetadata).toEqual({});
});

test.each([
  [404, 'UNIMPLEMENTED'],
  [503, 'UNAVAILABLE'],
  [431, 'INTERNAL'],
  [415, 'UNKNOWN'],
])('HTTP %i without grpc-status is %s', async (status, name) => {
  answer = (response) => {
    response.writeHead(status, { 'content-type': 'application/grpc-web+proto' });
    response.end();
  };
  expect((await run()).status).toMatchObject({ name, from: 'HTTP status' });
});

describe('a reply that does not end as it must is never a success', () => {
  const headers = { 'content-type': 'application/grpc-web+proto' };
  test.each<[string, Answer, string, RegExp]>([
    [
      'without a trailers frame',
      (response) => {
        response.writeHead(200, headers);
        response.end(greeting());
      },
      'INTERNAL',
      /without a trailers frame/,
    ],
    [
      'inside a frame',
      (response) => {
        response.writeHead(200, headers);
        response.end(greeting().subarray(0, 8));
      },
      'INTERNAL',
      /inside a frame/,
    ],
    [
      'with trailers that lack the status',
      (response) => {
        response.writeHead(200, headers);
        response.end(trailers('grpc-message:x\r\n'));
      },
      'INTERNAL',
      /grpc-status/,
    ],
    [
      'by a closed connection',
      (response) => {
        response.writeHead(200, headers);
        response.write(greeting());
        setTimeout(() => response.socket?.destroy(), 50);
      },
      'UNAVAILABLE',
      /./,
    ],
  ])('%s', async (_how, how, name, details) => {
    answer = how;
    const { status } = await run();
    expect(status).toMatchObject({ name, from: 'client', details: expect.stringMatching(details) as string });
  });
});

test('what arrived before the failure is in the record', async () => {
  answer = (response) => {
    response.writeHead(200, { 'content-type': 'application/grpc-web+proto' });
    response.write(greeting());
    setTimeout(() => response.socket?.destroy(), 50);
  };
  expect((await run()).messages).toHaveLength(1);
});

test('the deadline is kept by the client itself', async () => {
  answer = () => undefined;
  const record = await run({ deadlineMs: 150 });
  expect(record.status).toMatchObject({ name: 'DEADLINE_EXCEEDED', from: 'client' });
  expect(record.endedAtMs).toBeGreaterThan(140);
});

test('an RPC that never ends is given up, which is no status', async () => {
  answer = () => undefined;
  const record = await run({}, AbortSignal.timeout(100));
  expect(record.status).toBeUndefined();
  expect(record.error).toContain('gave up');
});
