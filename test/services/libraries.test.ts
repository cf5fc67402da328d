import { Client, credentials, Metadata, status as Code, type StatusObject } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { service as health } from 'grpc-health-check';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LedgerClient } from './client.ts';
import { ServiceProcess } from './processes.ts';

let collector: ServiceProcess;
let service: ServiceProcess;
let client: Client;
let ledger: LedgerClient;

beforeAll(async () => {
  collector = await ServiceProcess.start('collector');
  service = await ServiceProcess.start('user', { COLLECTOR_ADDRESS: collector.address, GRACE_MS: '20000' });
  client = new Client(service.address, credentials.createInsecure());
  ledger = new LedgerClient(collector.address);
});

afterAll(async () => {
  client.close();
  ledger.close();
  await service[Symbol.asyncDispose]();
  await collector[Symbol.asyncDispose]();
});

interface Method {
  readonly path: string;
  readonly requestSerialize: (value: object) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => object;
}

/** One request; the replies and the status come as they come. */
function call(
  method: Method,
  request: object,
  caseId?: string,
): { replies: object[]; ended: Promise<StatusObject>; cancel: () => void } {
  const metadata = new Metadata();
  if (caseId !== undefined) metadata.set('x-meshproof-case', caseId);
  const stream = client.makeBidiStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    metadata,
  );
  const replies: object[] = [];
  stream.on('data', (reply: object) => replies.push(reply));
  stream.on('error', () => undefined);
  stream.end(request);
  return {
    replies,
    ended: new Promise((resolve) => stream.on('status', resolve)),
    cancel: () => stream.cancel(),
  };
}

const healthMethod = (name: string): Method => (health as unknown as Record<string, Method>)[name]!;

describe('health', () => {
  it.each(['', 'mypackage.UserService'])('of "%s" is SERVING', async (name) => {
    const { replies, ended } = call(healthMethod('Check'), { service: name });
    const { code, metadata } = await ended;
    expect(code).toBe(Code.OK);
    expect(replies).toEqual([{ status: 'SERVING' }]);
    expect(metadata.getMap()).toMatchObject({ 'x-meshproof-service': 'user-grpc-service' });
  });

  it('of a service that is not here is NOT_FOUND', async () => {
    const { code } = await call(healthMethod('Check'), { service: 'mypackage.OrderService' }).ended;
    expect(code).toBe(Code.NOT_FOUND);
  });

  it('is in the ledger as any RPC is', async () => {
    await call(healthMethod('Check'), { service: '' }, 'health').ended;
    expect(await ledger.list('health')).toMatchObject([
      {
        service: 'grpc.health.v1.Health',
        method: 'Check',
        attempt: 1,
        status_code: 0,
        received_count: 1,
        closed: true,
      },
    ]);
  });
});

describe.each(['v1', 'v1alpha'])('reflection %s', (version) => {
  const root = dirname(createRequire(import.meta.url).resolve('@grpc/reflection/package.json'));
  const definition = loadSync(join(root, `build/proto/grpc/reflection/${version}/reflection.proto`), {
    oneofs: true,
  });
  const method = (
    definition[`grpc.reflection.${version}.ServerReflection`] as unknown as Record<string, Method>
  ).ServerReflectionInfo!;

  it('lists the services', async () => {
    const { replies, ended } = call(method, { listServices: '' });
    expect((await ended).code).toBe(0);
    expect(replies).toMatchObject([
      {
        listServicesResponse: {
          service: [{ name: 'mypackage.UserService' }, { name: 'grpc.health.v1.Health' }],
        },
      },
    ]);
  });

  it.each(['mypackage.UserService', 'grpc.health.v1.Health'])('describes %s', async (symbol) => {
    const { replies, ended } = call(method, { fileContainingSymbol: symbol });
    expect((await ended).code).toBe(0);
    expect(replies).toMatchObject([{ messageResponse: 'fileDescriptorResponse' }]);
  });
});

it('health Watch says NOT_SERVING when the pod is told to stop, and the process ends well', async () => {
  const { replies, cancel } = call(healthMethod('Watch'), { service: 'mypackage.UserService' });
  await vi.waitFor(() => expect(replies).toEqual([{ status: 'SERVING' }]));
  service.signal('SIGTERM');
  await vi.waitFor(() => expect(replies).toEqual([{ status: 'SERVING' }, { status: 'NOT_SERVING' }]));
  cancel();
  expect(await service.exit()).toBe(0);
});
