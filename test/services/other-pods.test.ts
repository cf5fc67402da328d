import { connect as connectHttp2 } from 'node:http2';
import { Client, Metadata, credentials, status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { request } from 'undici';
import { LedgerClient, TestClient } from './client.ts';
import { method } from './contract.ts';
import { ServiceProcess } from './processes.ts';

const SAY_HELLO = 'mypackage.Greeter/SayHello';

test('with --tls it takes TLS with h2 alone, and keeps the ledger as ever', async () => {
  await using collector = await ServiceProcess.start('collector');
  await using greeter = await ServiceProcess.start(
    'greeter',
    { COLLECTOR_ADDRESS: collector.address, SERVICE_NAME: 'greeter-tls' },
    '--tls',
  );
  const trusting = credentials.createSsl(null, null, null, { rejectUnauthorized: false });
  const client = new Client(greeter.address, trusting);
  const { path, requestSerialize, responseDeserialize } = method(SAY_HELLO);
  const metadata = new Metadata();
  metadata.set('x-meshproof-case', 'a case');
  metadata.set('x-meshproof-rpc', 'an rpc');
  const reply = await new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      { name: 'you' },
      metadata,
      (error, got) => {
        if (error) reject(error);
        else resolve(got);
      },
    );
  });
  client.close();
  expect(reply).toMatchObject({ message: 'Hello you', served_by: { service: 'greeter-tls' } });
  const ledger = new LedgerClient(collector.address);
  expect(await ledger.list('a case', 'an rpc')).toHaveLength(1);
  ledger.close();

  const plaintext = new TestClient(greeter.address);
  expect(await plaintext.rpc(SAY_HELLO)).toMatchObject({ code: status.UNAVAILABLE });
  plaintext.close();
});

test('http1 answers in HTTP/1.1, and knows no HTTP/2', async () => {
  await using server = await ServiceProcess.start('http1');
  const { statusCode, headers, body } = await request(`http://${server.address}/${SAY_HELLO}`, {
    method: 'POST',
  });
  expect([statusCode, headers['content-type'], await body.text()]).toEqual([
    200,
    'text/plain',
    'this server speaks HTTP/1.1\n',
  ]);
  const session = connectHttp2(`http://${server.address}`);
  const failure = await new Promise((resolve) => session.once('error', resolve));
  expect(failure).toMatchObject({ code: expect.stringMatching(/ERR_HTTP2|ECONNRESET/) as string });
  server.signal('SIGTERM');
  expect(await server.exit()).toBe(0);
});
