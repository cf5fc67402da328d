import { expect, test } from 'vitest';
import type { CallOutcome, LoadOutcome } from '../../services/caller-contract.ts';
import { ServiceProcess } from './processes.ts';

const ask = async (caller: ServiceProcess, path: string, body: object) => {
  const reply = await fetch(`http://${caller.address}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  return { status: reply.status, body: (await reply.json()) as { outcomes: CallOutcome[]; error?: string } };
};
const order = (service: ServiceProcess) => ({
  target: service.address,
  path: '/mypackage.OrderService/GetOrder',
  authority: '',
  requests: [''],
  deadlineMs: 5_000,
});

test('a caller makes RPCs as it is told, and says what became of them', async () => {
  await using service = await ServiceProcess.start('order');
  await using caller = await ServiceProcess.start('caller');
  const { body } = await ask(caller, '/call', {
    ...order(service),
    calls: [[['x-a', '1']], []],
    intervalMs: 0,
  });
  expect(body.outcomes).toMatchObject([
    { code: 0, peerIdentity: '', trailer: { 'x-meshproof-service': ['order-grpc-service'] } },
    { code: 0 },
  ]);
  expect(body.outcomes[0]?.messages).toHaveLength(1);
});

test('an RPC that nobody answers is an outcome', async () => {
  await using caller = await ServiceProcess.start('caller');
  const call = {
    target: '127.0.0.1:1',
    path: '/a.B/C',
    authority: '',
    requests: [],
    deadlineMs: 0,
    calls: [[]],
    intervalMs: 0,
  };
  expect((await ask(caller, '/call', call)).body.outcomes).toMatchObject([{ code: 14, messages: [] }]);
});

test('a load measures so many RPCs as its rate and time come to', async () => {
  await using service = await ServiceProcess.start('order');
  await using caller = await ServiceProcess.start('caller');
  const load = { ...order(service), calls: [], rate: 100, warmUpSeconds: 0.1, seconds: 0.5 };
  const outcome = (await ask(caller, '/load', load)).body as unknown as LoadOutcome;
  expect(outcome.failed).toBe(0);
  expect(outcome.latenciesMs).toHaveLength(50);
  expect(outcome.firstRpcMs).toBeGreaterThan(0);
});

test.each([
  ['{', 'it is not JSON'],
  ['{}', 'it has no target'],
  ['{"target":"a","path":"/a.B/C"}', 'calls and requests must be lists'],
])('%s is refused with a reason', async (text, said) => {
  await using caller = await ServiceProcess.start('caller');
  const reply = await fetch(`http://${caller.address}/call`, { method: 'POST', body: text });
  expect(reply.status).toBe(400);
  expect(((await reply.json()) as { error: string }).error).toContain(said);
});
