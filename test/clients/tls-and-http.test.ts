import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { invokePlainHttp } from '../../src/clients/plain-http.ts';
import { invokeTls } from '../../src/clients/tls.ts';
import type { HttpInvocation, TlsInvocation } from '../../src/clients/invocation.ts';
import { someIds, startLoopback, type Loopback } from './loopback.ts';

let loopback: Loopback;
beforeAll(async () => {
  loopback = await startLoopback('greeter');
});
afterAll(() => loopback[Symbol.asyncDispose]());

const never = new AbortController().signal;
const handshake = (invocation: Omit<TlsInvocation, 'client'>) =>
  invokeTls({ client: 'tls', ...invocation }, loopback.target, someIds(), never);
const exchange = (invocation: Omit<HttpInvocation, 'client'>) =>
  invokePlainHttp({ client: 'http', ...invocation }, loopback.target, someIds(), never);

test('a handshake shows what ALPN picked, and whom the certificate names', async () => {
  expect(await handshake({ alpn: ['h2', 'http/1.1'] })).toMatchObject({
    alpn: 'h2',
    version: 'TLSv1.3',
    authorized: true,
    error: '',
    certificate: { issuer: 'meshproof test CA', subjectAltName: 'DNS:grpc.example.com' },
  });
});

test('without ALPN nothing is picked; an older version can be asked for', async () => {
  expect(await handshake({ alpn: [], maxVersion: 'TLSv1.2' })).toMatchObject({
    alpn: '',
    version: 'TLSv1.2',
  });
});

test('a protocol that the server does not have fails the handshake', async () => {
  expect((await handshake({ alpn: ['h3'] })).error).toContain('no application protocol');
});

test('a wrong name is not authorized, and the certificate is there all the same', async () => {
  expect(await handshake({ alpn: ['h2'], serverName: 'other.example.com' })).toMatchObject({
    authorized: false,
    error: expect.stringMatching(/ALTNAME|does not match/) as string,
    certificate: { subject: 'grpc.example.com' },
  });
});

test('TLS to a plaintext port is a failed handshake', async () => {
  expect(await handshake({ alpn: ['h2'], listener: 'h2c' })).toMatchObject({
    authorized: false,
    version: '',
    error: expect.stringMatching(
      /wrong version number|packet length|closed the connection|ECONNRESET/,
    ) as string,
  });
});

test.each(['tls', 'h2c'] as const)(
  'gRPC by bare HTTP/2 over %s: headers, body and trailers',
  async (transport) => {
    const record = await exchange({
      transport,
      http: '2',
      verb: 'POST',
      path: '/mypackage.Greeter/SayHello',
      headers: { 'content-type': 'application/grpc', te: 'trailers' },
      body: 'AAAAAAA=',
    });
    expect(record).toMatchObject({ status: 200, error: '', trailers: { 'grpc-status': ['0'] } });
    expect(record.body).toContain('Hello');
  },
);

test('HTTP/1.1 to an HTTP/2 server is no reply, and says why', async () => {
  const record = await exchange({ transport: 'h2c', http: '1.1', verb: 'GET', path: '/' });
  expect(record.status).toBe(0);
  expect(record.error).not.toBe('');
});

test('a reset stream is no reply', async () => {
  const record = await exchange({
    transport: 'h2c',
    http: '2',
    verb: 'POST',
    path: '/mypackage.Greeter/SayHello',
    headers: { 'content-type': 'application/grpc', te: 'trailers' },
    body: 'AAAAAAA=',
    script: { steps: [{ messages: {} }, { reset: 8 }] },
  });
  expect(record).toMatchObject({
    status: 0,
    error: expect.stringMatching(/reset|code 8|NGHTTP2_CANCEL/) as string,
  });
});

test('a client that trusts the public authorities does not trust the test CA', async () => {
  expect(await handshake({ alpn: ['h2'], trust: 'public' })).toMatchObject({
    authorized: false,
    error: expect.stringMatching(/unable to verify|UNABLE_TO_VERIFY/i) as string,
  });
});

test('undici speaks HTTP/2 when it is asked to, and hands on the trailers', async () => {
  for (const transport of ['tls', 'h2c'] as const) {
    expect(
      await exchange({
        transport,
        http: '2',
        by: 'undici',
        verb: 'POST',
        path: '/mypackage.Greeter/SayHello',
        headers: { 'content-type': 'application/grpc', te: 'trailers' },
        body: Buffer.alloc(5).toString('base64'),
      }),
    ).toMatchObject({ status: 200, error: '', trailers: { 'grpc-status': ['0'] } });
  }
});

test('plaintext to the TLS port is an exchange without a reply', async () => {
  for (const http of ['1.1', '2'] as const) {
    const record = await exchange({ transport: 'h2c', listener: 'tls', http, verb: 'GET', path: '/' });
    expect(record.status).toBe(0);
    expect(record.error).not.toBe('');
  }
});

test('node:http asks for an upgrade, and keeps what it is answered', async () => {
  const asked: unknown[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers.connection, request.headers.host);
    response.writeHead(200, { trailer: 'x-end' }).write('over HTTP/1.1');
    response.addTrailers({ 'x-end': 'whole' });
    response.end();
  });
  server.on('upgrade', (request, socket) => {
    asked.push(request.headers.upgrade);
    socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const by = (headers: Record<string, string>) =>
    invokePlainHttp(
      { client: 'http', transport: 'h2c', http: '1.1', by: 'node', verb: 'GET', path: '/', headers },
      { ...loopback.target, address: '127.0.0.1', h2cPort: port },
      someIds(),
      never,
    );
  try {
    expect(await by({})).toMatchObject({
      status: 200,
      body: 'over HTTP/1.1',
      trailers: { 'x-end': ['whole'] },
      error: '',
    });
    expect(await by({ connection: 'upgrade', upgrade: 'h2c' })).toMatchObject({
      status: 101,
      headers: { upgrade: ['h2c'] },
      error: '',
    });
    expect(asked).toContain('h2c');
    expect(asked).toContain('grpc.example.com');
  } finally {
    server.close();
  }
});
