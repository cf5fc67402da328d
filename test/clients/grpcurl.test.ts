import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { invokeGrpcurl } from '../../src/clients/grpcurl.ts';
import { someIds } from './loopback.ts';

const target = {
  address: '10.1.2.3',
  tlsPort: 30443,
  h2cPort: 30080,
  caPem: '',
  caFile: '/tmp/ca.crt',
  host: 'grpc.example.com',
};
const never = new AbortController().signal;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meshproof-grpcurl-'));
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH ?? ''}`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Puts a program called grpcurl on the PATH that prints, and ends, as it is told. */
async function standIn(script: string): Promise<void> {
  const file = join(folder, 'grpcurl');
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}

const run = (args: string[], signal = never) =>
  invokeGrpcurl({ client: 'grpcurl', arguments: args }, target, someIds(), signal);

test('placeholders are filled in, and what joins the witnesses is put in front', async () => {
  await standIn('for each in "$@"; do echo "$each"; done >&2');
  const record = await run([
    '-cacert',
    '$CA',
    '-d',
    '{"name":"World"}',
    '$GATEWAY_IP:443',
    'mypackage.Greeter/SayHello',
  ]);
  const seen = record.process?.stderr.split('\n') ?? [];
  expect(seen.slice(-6)).toEqual([
    '-cacert',
    '/tmp/ca.crt',
    '-d',
    '{"name":"World"}',
    '10.1.2.3:30443',
    'mypackage.Greeter/SayHello',
  ]);
  expect(seen).toContain(`x-meshproof-rpc: ${record.rpcId}`);
  expect(record.process?.command).toBe(
    'grpcurl -cacert /tmp/ca.crt -d {"name":"World"} 10.1.2.3:30443 mypackage.Greeter/SayHello',
  );
});

test('replies are read one after another, with the names of the proto', async () => {
  await standIn(
    `printf '{\\n  "message": "a",\\n  "servedBy": {\\n    "service": "grpc-service"\\n  }\\n}\\n{\\n  "message": "b}"\\n}\\n'`,
  );
  const record = await run([]);
  expect(record.status).toEqual({ name: 'OK', details: '', from: 'server' });
  expect(record.messages.map(({ body }) => body)).toEqual([
    { message: 'a', served_by: { service: 'grpc-service' } },
    { message: 'b}' },
  ]);
});

test('a plain list is one message with its text', async () => {
  await standIn('echo grpc.health.v1.Health; echo mypackage.Greeter');
  const [message] = (await run(['list'])).messages;
  expect(message?.body).toEqual({ text: 'grpc.health.v1.Health\nmypackage.Greeter' });
});

test('the exit code carries the status, standard error its message', async () => {
  await standIn(`printf '{\\n  "code": 14,\\n  "message": "no healthy upstream"\\n}' >&2; exit 78`);
  expect((await run([])).status).toEqual({
    name: 'UNAVAILABLE',
    details: 'no healthy upstream',
    from: 'server',
  });
});

test('a failure before the RPC keeps what grpcurl said', async () => {
  await standIn('echo "Failed to dial target host" >&2; exit 1');
  const record = await run([]);
  expect(record.status).toEqual({
    name: 'UNAVAILABLE',
    details: 'Failed to dial target host',
    from: 'client',
  });
  expect(record.process?.exitCode).toBe(1);
});

test('one that never ends is stopped', async () => {
  await standIn('exec sleep 60');
  const record = await run([], AbortSignal.timeout(300));
  expect(record.status).toBeUndefined();
  expect(record.error).toContain('gave up');
});

test('without grpcurl nothing can be said', async () => {
  vi.stubEnv('PATH', folder);
  await expect(run([])).rejects.toThrow('grpcurl is not on the PATH');
});
