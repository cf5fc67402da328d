import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestClient } from './client.ts';
import { ServiceProcess } from './processes.ts';

const USERS = ['GetUser', 'CreateUsers', 'ListUsers', 'SyncUsers'] as const;

/** Who serves what: role, Deployment, service, its methods by kind, the domain's fields. */
const SERVICES = [
  {
    role: 'greeter',
    deployment: 'grpc-service',
    service: 'mypackage.Greeter',
    methods: ['SayHello', 'CollectHellos', 'StreamHellos', 'Chat'],
    fields: ['name', 'message', 'message'],
    says: 'Hello ',
  },
  {
    role: 'greeter',
    deployment: 'grpc-service',
    service: 'mypackage.UserServiceV2',
    methods: USERS,
    fields: ['user_id', 'user_id', 'user_ids'],
    says: '',
  },
  {
    role: 'user',
    deployment: 'user-grpc-service',
    service: 'mypackage.UserService',
    methods: USERS,
    fields: ['user_id', 'user_id', 'user_ids'],
    says: '',
  },
  {
    role: 'order',
    deployment: 'order-grpc-service',
    service: 'mypackage.OrderService',
    methods: ['GetOrder', 'SubmitOrders', 'WatchOrders', 'TrackOrders'],
    fields: ['order_id', 'order_id', 'order_ids'],
    says: '',
  },
  {
    role: 'streaming',
    deployment: 'streaming-service',
    service: 'mypackage.StreamingService',
    methods: ['Echo', 'Collect', 'Subscribe', 'Exchange'],
    fields: ['topic', 'topic', 'topics'],
    says: '',
  },
] as const;

const processes = new Map<string, ServiceProcess>();
const clients = new Map<string, TestClient>();

beforeAll(async () => {
  for (const role of ['greeter', 'user', 'order', 'streaming']) {
    const started = await ServiceProcess.start(role, { POD_NAME: `${role}-pod`, SERVICE_VERSION: 'v7' });
    processes.set(role, started);
    clients.set(role, new TestClient(started.address));
  }
});

afterAll(async () => {
  for (const client of clients.values()) client.close();
  for (const started of processes.values()) await started[Symbol.asyncDispose]();
});

describe.each(SERVICES)('$service', ({ role, deployment, service, methods, fields, says }) => {
  const [unary, clientStream, serverStream, bidi] = methods;
  const [requestField, replyField, summaryField] = fields;
  const servedBy = { service: deployment, pod: `${role}-pod`, version: 'v7' };
  const payload = Buffer.from('payload');
  const request = (value: string, sequence: number): object => ({ [requestField]: value, sequence, payload });
  const client = (): TestClient => clients.get(role)!;

  it('answers a unary RPC, and says in the message and in the trailers who answered', async () => {
    const outcome = await client().rpc(`${service}/${unary}`, { requests: [request('World', 5)] });
    expect(outcome).toMatchObject({ code: 0, details: '' });
    expect(outcome.replies).toEqual([
      { [replyField]: `${says}World`, served_by: servedBy, sequence: 5, payload },
    ]);
    expect(outcome.trailing.getMap()).toMatchObject({
      'x-meshproof-service': deployment,
      'x-meshproof-pod': `${role}-pod`,
      'x-meshproof-version': 'v7',
    });
  });

  it('sums up a client stream', async () => {
    const requests = [request('a', 1), request('b', 2), request('c', 3)];
    const { code, replies } = await client().rpc(`${service}/${clientStream}`, { requests });
    expect(code).toBe(0);
    expect(replies).toEqual([
      {
        [summaryField]: `${says}a, b, c`,
        served_by: servedBy,
        sequence: 3,
        payload: Buffer.alloc(0),
        received: 3,
        received_bytes: 3 * payload.length,
      },
    ]);
  });

  it('sums up a client stream without a message', async () => {
    const { code, replies } = await client().rpc(`${service}/${clientStream}`, { requests: [] });
    expect(code).toBe(0);
    expect(replies).toMatchObject([{ sequence: 0, received: 0, received_bytes: 0 }]);
  });

  it('answers a server stream with three replies, or as many as asked for, at the interval asked for', async () => {
    const three = await client().rpc(`${service}/${serverStream}`, { requests: [request('a', 9)] });
    expect(three.replies.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    const four = await client().rpc(`${service}/${serverStream}`, {
      requests: [{ [requestField]: 'a', count: 4, interval_ms: 20 }],
    });
    expect(four.replies.map((reply) => reply[replyField])).toEqual(Array(4).fill(`${says}a`));
    expect(four.endedAt).toBeGreaterThan(55);
  });

  it('echoes a bidirectional stream message by message', async () => {
    const requests = [request('a', 4), request('b', 2)];
    const { code, replies } = await client().rpc(`${service}/${bidi}`, { requests });
    expect(code).toBe(0);
    expect(replies).toEqual([
      { [replyField]: `${says}a`, served_by: servedBy, sequence: 4, payload },
      { [replyField]: `${says}b`, served_by: servedBy, sequence: 2, payload },
    ]);
  });

  it.each([unary, serverStream])('refuses any number of requests but one to %s', async (method: string) => {
    for (const requests of [[], [request('a', 1), request('b', 2)]]) {
      expect(await client().rpc(`${service}/${method}`, { requests })).toMatchObject({
        code: 12,
        replies: [],
      });
    }
  });
});

it('says UNIMPLEMENTED to a method and to a service it does not have', async () => {
  const client = clients.get('user')!;
  for (const path of ['mypackage.UserService/Nothing', 'mypackage.OrderService/GetOrder']) {
    expect(await client.rpc(path)).toMatchObject({ code: 12 });
  }
});

it('carries messages well above the limits that are usual elsewhere', async () => {
  const payload = Buffer.alloc(20 * 1024 * 1024, 'x');
  const outcome = await clients
    .get('streaming')!
    .rpc('mypackage.StreamingService/Echo', { requests: [{ payload }] });
  expect(outcome.code).toBe(0);
  expect(outcome.replies[0]!.payload.equals(payload)).toBe(true);
});
