import {
  createServer,
  createSecureServer,
  type Http2SecureServer,
  type Http2Server,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { TestAuthority } from '../../src/certificates/authority.ts';
import { diagnoseOutside } from '../../src/probes/outside-rules.ts';
import { newIds, probeOutside } from '../../src/probes/outside.ts';
import type { Subject } from '../../src/probes/findings.ts';

const HOST = 'grpc.example.com';
let authority: TestAuthority;
let pair: { readonly certificate: string; readonly key: string };
beforeAll(async () => {
  authority = await TestAuthority.create();
  pair = await authority.issue({ names: [HOST] });
});

const open: (Server | Http2Server | Http2SecureServer)[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

function listen(server: Server | Http2Server | Http2SecureServer): Promise<number> {
  open.push(server);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Answers every request as a gateway does: by itself, or in the name of a service. */
const answering =
  (status: number, message: string, fields: Readonly<Record<string, string>> = {}) =>
  (stream: ServerHttp2Stream): void => {
    stream.on('error', () => undefined);
    stream.respond(
      {
        ':status': 200,
        'content-type': 'application/grpc',
        'grpc-status': String(status),
        'grpc-message': message,
        ...fields,
      },
      { endStream: true },
    );
  };

async function causes(port: number, wanted: Partial<Subject> = {}): Promise<string[]> {
  const subject: Subject = {
    host: '127.0.0.1',
    port,
    authority: HOST,
    method: 'a.B/C',
    headers: {},
    tls: true,
    caPem: authority.pem,
    ...wanted,
  };
  const found = await probeOutside(subject, newIds(), new AbortController().signal);
  return diagnoseOutside(subject, found).map(({ cause }) => cause);
}

const secure = (options: object = {}) =>
  createSecureServer({ cert: pair.certificate, key: pair.key, ...options });
const FROM_SERVICE = { 'x-envoy-upstream-service-time': '1' };

describe('what can be said from outside', () => {
  test('a service that answers is well, whatever it says', async () => {
    expect(
      await causes(await listen(secure().on('stream', answering(5, 'not found', FROM_SERVICE)))),
    ).toEqual([]);
  });

  test('nobody listens', async () => {
    const port = await listen(createTcpServer());
    open.splice(0).forEach((server) => server.close());
    expect(await causes(port)).toEqual(['no-listener', 'secret-missing']);
    expect(await causes(port, { tls: false })).toEqual(['no-listener']);
  });

  test('TLS to a port that speaks plaintext, and the other way round', async () => {
    const plain = await listen(createServer().on('stream', answering(0, '', FROM_SERVICE)));
    expect(await causes(plain)).toEqual(['tls-to-plaintext-listener']);
    expect(await causes(plain, { tls: false })).toEqual([]);
    const tls = await listen(secure().on('stream', answering(0, '')));
    expect(await causes(tls, { tls: false })).toEqual(['plaintext-to-tls-listener']);
  });

  test('a connection that is closed in the handshake has several causes that look the same', async () => {
    const closing = createTcpServer((socket) => {
      socket.once('error', () => undefined);
      socket.once('data', () => socket.destroy());
    });
    expect(await causes(await listen(closing))).toEqual(['secret-missing', 'sni-of-no-server']);
  });

  test('the certificate of another authority, of another host, and an expired one', async () => {
    const other = await TestAuthority.create();
    const port = await listen(secure().on('stream', answering(0, '')));
    expect(await causes(port, { caPem: other.pem })).toContain('certificate-untrusted');
    expect(await causes(port, { authority: 'other.example.com' })).toContain('certificate-of-other-host');
    const day = 24 * 60 * 60 * 1000;
    const old = await authority.issue({
      names: [HOST],
      notBefore: new Date(Date.now() - 2 * day),
      notAfter: new Date(Date.now() - day),
    });
    const expired = await listen(
      secure({ cert: old.certificate, key: old.key }).on('stream', answering(0, '')),
    );
    expect(await causes(expired)).toContain('certificate-expired');
  });

  test('ALPN that picks no h2', async () => {
    const tls = createTlsServer({ cert: pair.certificate, key: pair.key }, (socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n'));
    });
    expect(await causes(await listen(tls))).toContain('alpn-without-h2');
  });

  test.each([
    [12, '', {}, ['route-matches-otherwise', 'authority-of-no-host']],
    [14, 'no healthy upstream', {}, ['no-healthy-upstream']],
    [
      14,
      'upstream connect error or disconnect/reset before headers. reset reason: protocol error',
      {},
      ['port-undeclared'],
    ],
    [
      14,
      'upstream connect error. reset reason: remote connection failure, transport failure reason: TLS_error:|268435703:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER',
      {},
      ['upstream-tls-mismatch'],
    ],
    [14, 'upstream request timeout', {}, ['route-timeout']],
    [7, 'RBAC: access denied', {}, ['denied-by-policy']],
    [0, '', { ':status': '301', location: 'https://a/' }, ['https-redirect']],
  ])('the gateway answers %i %s %j itself', async (status, message, fields, expected) => {
    const server = secure().on('stream', (stream: ServerHttp2Stream) => {
      stream.on('error', () => undefined);
      const redirect = ':status' in fields;
      stream.respond(
        redirect
          ? { ...fields, ':status': 301 }
          : { ':status': 200, 'grpc-status': String(status), 'grpc-message': encodeURIComponent(message) },
        { endStream: true },
      );
    });
    expect(await causes(await listen(server))).toEqual(expected);
  });
});
