import { execa } from 'execa';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { LedgerClient, TestClient } from './client.ts';
import { KINDS } from './contract.ts';
import { ServiceProcess } from './processes.ts';

const MAIN = join(import.meta.dirname, '../../services/main.ts');

describe('a stopped service', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('lets RPCs end, and exits with 0, on %s', async (signal) => {
    await using service = await ServiceProcess.start('streaming', { GRACE_MS: '5000' });
    const client = new TestClient(service.address);
    const script = { steps: [{ headers: {} }, { wait: { ms: 300 } }, { messages: {} }] };
    const outcome = client.rpc(KINDS.unary, { script });
    await client.rpc(KINDS.unary);
    service.signal(signal);
    expect(await outcome).toMatchObject({ code: 0, replies: [{ sequence: 1 }] });
    expect(await service.exit()).toBe(0);
    client.close();
  });

  it('cuts what does not end within the grace', async () => {
    await using service = await ServiceProcess.start('streaming', { GRACE_MS: '100' });
    const client = new TestClient(service.address);
    const outcome = client.rpc(KINDS.unary, {
      script: { steps: [{ headers: {} }, { wait: { ms: 60_000 } }] },
    });
    await client.rpc(KINDS.unary);
    service.signal('SIGTERM');
    expect((await outcome).code).not.toBe(0);
    expect(await service.exit()).toBe(0);
    client.close();
  });
});

it.each([
  ['HTTP/1.1', 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['a broken preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff'],
])('lives on after %s on its port', async (_, bytes) => {
  await using service = await ServiceProcess.start('streaming');
  const socket = connect(service.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.end(Buffer.from(bytes, 'latin1'));
  await once(socket.resume(), 'close');
  const client = new TestClient(service.address);
  expect((await client.rpc(KINDS.unary)).code).toBe(0);
  client.close();
});

describe('without its collector', () => {
  it.each([
    ['none was named', undefined, '(COLLECTOR_ADDRESS is not set)'],
    ['it cannot be reached', '127.0.0.1:1', '127.0.0.1:1'],
  ])('%s: RPCs of a case fail and say so, others go on', async (_, address, named) => {
    await using service = await ServiceProcess.start(
      'streaming',
      address === undefined ? {} : { COLLECTOR_ADDRESS: address },
    );
    const client = new TestClient(service.address);
    for (const kind of [...Object.values(KINDS), 'grpc.health.v1.Health/Check']) {
      expect((await client.rpc(kind)).code).toBe(0);
      const outcome = await client.rpc(kind, { caseId: 'c' });
      expect(outcome).toMatchObject({ code: 9, replies: [] });
      expect(outcome.details).toContain(`meshproof: the ledger's collector cannot be reached at ${named}: `);
    }
    client.close();
  });

  it('works again once the collector is back', async () => {
    const first = await ServiceProcess.start('collector');
    await using service = await ServiceProcess.start('streaming', { COLLECTOR_ADDRESS: first.address });
    const client = new TestClient(service.address);
    expect((await client.rpc(KINDS.unary, { caseId: 'c' })).code).toBe(0);
    await first[Symbol.asyncDispose]();
    expect((await client.rpc(KINDS.unary, { caseId: 'c' })).code).toBe(9);
    await using second = await ServiceProcess.start('collector', {}, '--port', String(first.port));
    await vi.waitFor(async () => expect((await client.rpc(KINDS.unary, { caseId: 'c' })).code).toBe(0), 5000);
    const ledger = new LedgerClient(second.address);
    expect((await ledger.list('c')).at(-1)).toMatchObject({ status_code: 0 });
    client.close();
    ledger.close();
  });
});

describe('the command line', () => {
  it.each([
    [['cook'], /no role "cook"/],
    [[], /no role ""/],
    [['greeter', '--port', '70000'], /--port must be a whole number from 0 to 65535, not "70000"/],
    [['greeter', '--porf', '1'], /Unknown option/],
  ])('%j is refused', async (args, message) => {
    const { exitCode, stderr, stdout } = await execa(process.execPath, [MAIN, ...args], { reject: false });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(
      /usage: main.ts <greeter\|user\|order\|streaming\|stand-in\|collector\|caller\|http1>/,
    );
    expect(stdout).toBe('');
  });

  it('a port in use is named', async () => {
    await using service = await ServiceProcess.start('greeter');
    const { exitCode, stderr } = await execa(
      process.execPath,
      [MAIN, 'user', '--port', String(service.port)],
      {
        reject: false,
      },
    );
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`EADDRINUSE: address already in use :::${service.port}`);
  });
});
