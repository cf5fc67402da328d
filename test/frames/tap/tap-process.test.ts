import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { TestAuthority } from '../../../src/certificates/authority.ts';
import { issuerOf } from '../../../src/certificates/issuer.ts';
import { TapProcess } from '../../../src/frames/tap/tap-process.ts';
import { rpcTimeline } from '../../../src/frames/timeline/rpc-timeline.ts';
import { PROJECT_ROOT } from '../../../src/paths.ts';
import { told } from '../connection.ts';
import { answer, call, startHttp2 } from './servers.ts';

const before = (port: number) => ({ target: { address: '127.0.0.1', port } });

test('taps in a process of their own: each sees its own connections, h2c and TLS', async () => {
  const authority = await TestAuthority.create();
  const pair = await authority.issue({ names: ['grpc.example.com'] });
  await using plain = await startHttp2(answer);
  await using secured = await startHttp2(answer, pair);
  await using taps = new TapProcess(issuerOf(authority));
  await using first = await taps.tapBefore(before(plain.port));
  await using second = await taps.tapBefore(before(secured.port));

  await call(first.port, 'rpc-1');
  const tls = { tls: true as const, ca: authority.pem, servername: 'grpc.example.com' };
  const { trailers } = await call(second.port, 'rpc-2', tls);

  expect(trailers).toMatchObject({ 'grpc-status': '0' });
  const seen = { first: await first.connections(), second: await second.connections() };
  expect(seen.first.map((connection) => connection.tls)).toEqual(['']);
  expect(seen.second.map((connection) => connection.tls)).toEqual(['TLSv1.3, ALPN h2, SNI grpc.example.com']);
  for (const [rpcId, connections] of [
    ['rpc-1', seen.first],
    ['rpc-2', seen.second],
  ] as const) {
    const [stream] = rpcTimeline(rpcId, connections).streams;
    expect(told(stream?.events ?? [])).toContain('client 1 HEADERS POST /mypackage.Greeter/SayHello');
  }
});

test('a gateway whose certificate is not of the authority is a stranger through the tap too', async () => {
  const [authority, other] = [await TestAuthority.create(), await TestAuthority.create('other')];
  await using server = await startHttp2(answer, await other.issue({ names: ['grpc.example.com'] }));
  await using taps = new TapProcess(issuerOf(authority));
  await using tap = await taps.tapBefore(before(server.port));
  const refused = call(tap.port, 'rpc-1', { tls: true, ca: authority.pem, servername: 'grpc.example.com' });
  await expect(refused).rejects.toThrow(/certificate/);
});

test('a port that is taken is an error, and the other taps go on', async () => {
  await using server = await startHttp2(answer);
  await using taps = new TapProcess(issuerOf(await TestAuthority.create()));
  await using tap = await taps.tapBefore(before(server.port));
  const listen = { address: tap.address, port: tap.port };
  await expect(taps.tapBefore({ ...before(server.port), listen })).rejects.toThrow(/EADDRINUSE/);
  expect(await call(tap.port, 'rpc-1')).toMatchObject({ bytes: 7 });
});

test('when its process has ended, a tap says so', async () => {
  const taps = new TapProcess(issuerOf(await TestAuthority.create()));
  const tap = await taps.tapBefore(before(1));
  await taps[Symbol.asyncDispose]();
  await expect(tap.connections()).rejects.toThrow('the process of the taps has ended');
});

test('it neither keeps the process alive that started it, nor outlives it', async () => {
  const script = `
    import { TapProcess } from ${JSON.stringify(join(PROJECT_ROOT, 'src/frames/tap/tap-process.ts'))};
    const taps = new TapProcess({ authorityPem: '', issue: () => Promise.reject(new Error('none')) });
    await taps.tapBefore({ target: { address: '127.0.0.1', port: 1 } });
    const { readdirSync, readFileSync } = await import('node:fs');
    console.log(readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8'));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  const pid = stdout.trim();
  expect(pid).toMatch(/^\d+$/);
  await expect
    .poll(() => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''), { timeout: 10_000 })
    .not.toContain('process-main');
});
