import { connect as connectTcp, createServer as createTcpServer, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { TestAuthority } from '../../../src/certificates/authority.ts';
import { issuerOf } from '../../../src/certificates/issuer.ts';
import { TlsImpersonator, type CertificateIssuer } from '../../../src/frames/tap/tls-legs.ts';
import { ClientTap } from '../../../src/frames/tap/client-tap.ts';
import { rpcTimeline } from '../../../src/frames/timeline/rpc-timeline.ts';
import { allTold, told } from '../connection.ts';
import { answer, call, listening, startHttp2 } from './servers.ts';

const tapBefore = (port: number, authority?: TestAuthority): Promise<ClientTap> =>
  ClientTap.start({
    target: { address: '127.0.0.1', port },
    ...(authority === undefined ? {} : { tls: new TlsImpersonator(issuerOf(authority)) }),
  });

test('h2c: the frames of an RPC in both directions, in order', async () => {
  await using server = await startHttp2(answer);
  await using tap = await tapBefore(server.port);
  const outcome = await call(tap.port, 'rpc-1');
  expect(outcome).toMatchObject({ bytes: 7, trailers: { 'grpc-status': '0' } });
  const { streams } = rpcTimeline('rpc-1', tap.connections());
  expect(streams).toHaveLength(1);
  const frames = told(streams[0]!.events.filter(({ kind }) => kind !== 'WINDOW_UPDATE'));
  expect(frames.filter((frame) => frame.startsWith('client'))).toEqual([
    'client 1 HEADERS POST /mypackage.Greeter/SayHello',
    'client 1 DATA 5 bytes END_STREAM',
  ]);
  expect(frames.filter((frame) => frame.startsWith('server'))).toEqual([
    'server 1 HEADERS :status 200',
    'server 1 DATA 7 bytes',
    'server 1 HEADERS grpc-status 0 END_STREAM',
  ]);
  const times = streams[0]!.events.map(({ atMs }) => atMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(Math.abs(times[0]! - Date.now())).toBeLessThan(5000);
});

test('TLS: same ALPN and SNI to the gateway, its names and times to the client, and the frames within', async () => {
  const authority = await TestAuthority.create();
  const pair = await authority.issue({
    names: ['grpc.example.com', 'other.example.com'],
    notAfter: new Date(Date.now() + 3_600_000),
  });
  await using server = await startHttp2(answer, pair);
  await using tap = await tapBefore(server.port, authority);
  let certificate;
  const outcome = await call(tap.port, 'rpc-2', {
    tls: true,
    ca: authority.pem,
    servername: 'grpc.example.com',
    onSession: (session) =>
      session.once('connect', () => {
        certificate = (session.socket as TLSSocket).getPeerCertificate();
      }),
  });
  expect(outcome.trailers).toMatchObject({ 'grpc-status': '0' });
  expect(certificate).toMatchObject({ subjectaltname: 'DNS:grpc.example.com, DNS:other.example.com' });
  const [connection] = tap.connections();
  expect(connection?.tls).toBe('TLSv1.3, ALPN h2, SNI grpc.example.com');
  expect(rpcTimeline('rpc-2', tap.connections()).streams).toHaveLength(1);
});

test.each([
  ['an authority that the client does not trust', 'stranger', /UNABLE_TO_VERIFY|self-signed|SELF_SIGNED/],
  ['an expired certificate', 'expired', /expired|EXPIRED/],
  ['another name', 'name', /ALTNAME/],
])('TLS: through the tap too a client refuses %s', async (_, which, error) => {
  const authority = await TestAuthority.create();
  const signer = which === 'stranger' ? await TestAuthority.create() : authority;
  const pair = await signer.issue({
    names: [which === 'name' ? 'foreign.example.com' : 'grpc.example.com'],
    ...(which === 'expired' ? { notAfter: new Date(Date.now() - 60_000) } : {}),
  });
  await using server = await startHttp2(answer, pair);
  await using tap = await tapBefore(server.port, authority);
  const failure: unknown = await call(tap.port, 'x', {
    tls: true,
    ca: authority.pem,
    servername: 'grpc.example.com',
  }).catch((reason: unknown) => reason);
  expect(String((failure as NodeJS.ErrnoException).code)).toMatch(error);
});

test('TLS: a gateway that knows no h2 refuses through the tap as it does without', async () => {
  const authority = await TestAuthority.create();
  const { certificate, key } = await authority.issue({ names: ['grpc.example.com'] });
  const tls = createTlsServer({ cert: certificate, key, ALPNProtocols: ['http/1.1'] }).on(
    'tlsClientError',
    () => undefined,
  );
  await using server = await listening(tls);
  await using tap = await tapBefore(server.port, authority);
  const codes = [];
  for (const port of [server.port, tap.port]) {
    const failure = new Promise((resolve) => {
      connectTls({
        port,
        host: '127.0.0.1',
        ca: authority.pem,
        servername: 'grpc.example.com',
        ALPNProtocols: ['h2'],
      }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    codes.push(await failure);
  }
  expect(codes).toEqual([
    'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
  ]);
  expect(tap.connections()[0]?.tls).toMatch(/no handshake with the gateway/);
});

test('TLS 1.3: a client without a certificate is turned away when its handshake is over, however long the tap takes', async () => {
  const authority = await TestAuthority.create();
  const { certificate, key } = await authority.issue({ names: ['grpc.example.com'] });
  const turnedAway = Promise.withResolvers<unknown>();
  const tls = createTlsServer({
    ...{ cert: certificate, key, ca: authority.pem, ALPNProtocols: ['h2'] },
    ...{ requestCert: true, rejectUnauthorized: true },
  }).on('tlsClientError', () => turnedAway.resolve(undefined));
  await using server = await listening(tls);
  const issuer = issuerOf(authority);
  const late: CertificateIssuer = {
    authorityPem: issuer.authorityPem,
    issue: async (wanted) => {
      await turnedAway.promise;
      return issuer.issue(wanted);
    },
  };
  await using tap = await ClientTap.start({
    target: { address: '127.0.0.1', port: server.port },
    tls: new TlsImpersonator(late),
  });
  let secured = false;
  const ended = new Promise((resolve) => {
    const names = { servername: 'grpc.example.com', ALPNProtocols: ['h2'] };
    connectTls({ port: tap.port, host: '127.0.0.1', ca: authority.pem, ...names })
      .on('error', () => undefined)
      .on('data', () => undefined)
      .once('secureConnect', () => {
        secured = true;
      })
      .once('close', resolve);
  });
  await ended;
  expect(secured).toBe(true);
  await expect.poll(() => tap.connections()[0]?.events.some(({ kind }) => kind === 'END')).toBe(true);
});

test.each(['h2c', 'TLS'])('%s: a gateway that is not there', async (transport) => {
  const authority = await TestAuthority.create();
  const gone = await listening(createTcpServer());
  await gone[Symbol.asyncDispose]();
  await using tap = await tapBefore(gone.port, transport === 'TLS' ? authority : undefined);
  const tls =
    transport === 'TLS' ? { tls: true as const, ca: authority.pem, servername: 'grpc.example.com' } : {};
  await call(tap.port, 'rpc-6', tls).catch(() => undefined);
  const [connection] = tap.connections();
  expect([connection?.tls, ...allTold(connection!)].join('\n')).toMatch(/ECONNREFUSED/);
});

test('TLS: a reset of TCP by the client reaches the gateway as one', async () => {
  const authority = await TestAuthority.create();
  const { certificate, key } = await authority.issue({ names: ['grpc.example.com'] });
  const failure = Promise.withResolvers<unknown>();
  const tls = createTlsServer({ cert: certificate, key }, (socket) => {
    socket
      .on('error', (error: NodeJS.ErrnoException) => failure.resolve(error.code))
      .resume()
      .write('hello');
    socket.on('close', () => failure.resolve('no error'));
  });
  await using server = await listening(tls);
  await using tap = await tapBefore(server.port, authority);
  const raw = connectTcp({ port: tap.port, host: '127.0.0.1' });
  const socket = connectTls({ socket: raw, ca: authority.pem, servername: 'grpc.example.com' });
  socket.on('error', () => undefined).once('data', () => raw.resetAndDestroy());
  expect(await failure.promise).toBe('ECONNRESET');
});

test('a TLS client on a plaintext port is seen as what it is', async () => {
  await using server = await startHttp2(answer);
  await using tap = await tapBefore(server.port);
  const socket = connectTls({ port: tap.port, host: '127.0.0.1' });
  await new Promise((resolve) => socket.on('error', resolve).on('close', resolve));
  expect(allTold(tap.connections()[0]!)).toContainEqual(
    expect.stringMatching(/^client 0 not HTTP\/2: a TLS ClientHello, \d+ bytes/),
  );
});

test('a plaintext client on a TLS port is passed on as it is', async () => {
  const authority = await TestAuthority.create();
  await using server = await startHttp2(answer, await authority.issue({ names: ['a'] }));
  await using tap = await tapBefore(server.port, authority);
  await call(tap.port, 'rpc-3').catch(() => undefined);
  const seen = allTold(tap.connections()[0]!);
  expect(seen).toContainEqual('client 1 HEADERS POST /mypackage.Greeter/SayHello');
});

test('TLS: a reset of TCP by the gateway reaches the client as one', async () => {
  const authority = await TestAuthority.create();
  const { certificate, key } = await authority.issue({ names: ['grpc.example.com'] });
  const raw: Socket[] = [];
  const tls = createTlsServer({ cert: certificate, key }, (socket) => {
    socket.on('error', () => undefined).once('data', () => raw[0]!.resetAndDestroy());
  });
  tls.on('connection', (socket: Socket) => raw.push(socket));
  await using server = await listening(tls);
  await using tap = await tapBefore(server.port, authority);
  const socket = connectTls({
    port: tap.port,
    host: '127.0.0.1',
    ca: authority.pem,
    servername: 'grpc.example.com',
  });
  socket.write('hello');
  const code = await new Promise((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    socket.on('close', () => resolve('no error'));
  });
  expect(code).toBe('ECONNRESET');
  expect(allTold(tap.connections()[0]!)).toContain('server 0 RST: connection reset');
});

test('an end of one direction and a reset of TCP are passed on', async () => {
  const seen: string[] = [];
  const tcp = createTcpServer({ allowHalfOpen: true }, (socket) => {
    socket
      .on('error', () => undefined)
      .on('end', () => {
        seen.push('end');
        socket.write('after the end');
        setImmediate(() => socket.resetAndDestroy());
      });
    socket.resume();
  });
  await using server = await listening(tcp);
  await using tap = await tapBefore(server.port);
  const socket = connectTcp({ port: tap.port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('data', (chunk: Buffer) => seen.push(chunk.toString()));
  socket.end('hello');
  const code = await new Promise((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  expect(code).toBe('ECONNRESET');
  expect(seen[0]).toBe('end');
  expect(allTold(tap.connections()[0]!)).toEqual(
    expect.arrayContaining(['client 0 FIN: sends no more', 'server 0 RST: connection reset']),
  );
});

test('a slow reader is not drowned, and large messages pass whole', async () => {
  await using server = await startHttp2((stream) => {
    stream.respond({ ':status': 200 });
    stream.end(Buffer.alloc(20 * 1024 * 1024));
  });
  await using tap = await tapBefore(server.port);
  expect((await call(tap.port, 'rpc-5')).bytes).toBe(20 * 1024 * 1024);
  const [stream] = rpcTimeline('rpc-5', tap.connections()).streams;
  const data = stream!.events.reduce(
    (sum, event) =>
      sum +
      (event.from === 'server' && (event.kind === 'DATA' || event.kind === 'OMITTED') ? event.bytes : 0),
    0,
  );
  expect(data).toBe(20 * 1024 * 1024);
  await expect
    .poll(() => {
      tap.forgetClosed();
      return tap.connections();
    })
    .toEqual([]);
});
