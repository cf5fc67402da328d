import { describe, expect, test } from 'vitest';
import type { Case } from '../../src/conformance/model.ts';
import { entry, named, namesOf, planOf } from './workplace.ts';

const USERS = { method: 'acme.Users/*', backend: 'users:50051' } as const;
const ORDERS = { method: 'acme.Orders/*', backend: 'orders:50051' } as const;

const sabotagesOf = (each: Case): Record<string, string> =>
  Object.fromEntries(each.sabotages.map(({ name, caughtBy }) => [name.replace(/:.*/, ''), caughtBy]));

describe('expected routes', () => {
  test('each is reached by every way in, and the case names the line that takes it', async () => {
    const plan = await planOf(
      [...entry('acme.Users', 'users'), ...entry('acme.Orders', 'orders')],
      [USERS, ORDERS],
    );
    expect(namesOf(plan, '/route/acme')).toEqual([
      'own/route/acme.users/tls',
      'own/route/acme.users/h2c',
      'own/route/acme.orders/tls',
      'own/route/acme.orders/h2c',
    ]);
    const orders = named(plan, 'own/route/acme.orders/tls');
    expect(orders.concerns).toBe('routes.yaml:10 (http[1] of VirtualService default/api)');
    expect(orders.expectation).toMatchObject({
      rpc: { status: 'OK', servedBy: { service: 'orders.default' } },
      ledger: { attempts: 1, service: 'orders.default' },
    });
    expect(sabotagesOf(orders)).toEqual({
      'led elsewhere': 'served by: expected orders.default, got nothing',
      removed: 'served by: expected orders.default, got nothing',
    });
  });

  test('a wrong backend in the manifest is about its own line', async () => {
    const plan = await planOf(
      [...entry('acme.Users', 'users'), ...entry('acme.Orders', 'users')],
      [USERS, ORDERS],
    );
    const orders = named(plan, 'own/route/acme.orders/h2c');
    expect(orders.concerns).toContain('routes.yaml:10');
    expect(orders.expectation).toMatchObject({ rpc: { servedBy: { service: 'orders.default' } } });
  });

  test('what the removed entry leaves to a catch-all is foretold', async () => {
    const plan = await planOf(
      [
        ...entry('acme.Orders', 'orders'),
        '- route: [{ destination: { host: users, port: { number: 50051 } } }]',
      ],
      [ORDERS, { method: '*', backend: 'users:50051' }],
    );
    expect(sabotagesOf(named(plan, 'own/route/acme.orders/tls'))).toMatchObject({
      removed: 'served by: expected orders.default, got users.default',
    });
    expect(namesOf(plan, 'not-expected')).toEqual([]);
    expect(named(plan, 'own/near-miss/acme.orders').expectation).toMatchObject({
      rpc: { servedBy: { service: 'users.default' } },
    });
  });

  test('a prefix that is too wide is what the near miss is about', async () => {
    const wide = [
      '- match: [{ uri: { prefix: /acme.Orders } }]',
      '  route: [{ destination: { host: orders, port: { number: 50051 } } }]',
    ];
    const miss = named(await planOf(wide, [ORDERS]), 'own/near-miss/acme.orders');
    expect(miss.invocation).toMatchObject({ method: 'acme.OrdersV2/AnyMethod' });
    expect(miss.expectation).toMatchObject({ rpc: { status: 'UNIMPLEMENTED' }, ledger: { attempts: 0 } });
    expect(miss.concerns).toContain('routes.yaml:8');
  });

  test('null is routed nowhere', async () => {
    const plan = await planOf(entry('acme.Users', 'users'), [
      USERS,
      { method: 'acme.Admin/*', backend: null },
    ]);
    expect(named(plan, 'own/route/acme.admin/tls').expectation).toMatchObject({
      gateway: { responseCodeDetails: 'route_not_found' },
    });
  });
});

describe('timeouts', () => {
  test('the one that is written cuts a slow RPC', async () => {
    const plan = await planOf(entry('acme.Users', 'users', 'timeout: 1500ms'), [USERS]);
    const cut = named(plan, 'own/timeout/acme.users');
    expect(cut.expectation).toMatchObject({
      rpc: { status: 'UNAVAILABLE', ended: { by: 'route timeout', atMs: 1_500 } },
      configuration: [{ answer: '1.500s' }],
    });
    expect(sabotagesOf(cut)).toEqual({ timeout: 'grpc-status: expected UNAVAILABLE, got' });
  });

  test('a long one is read off the gateway', async () => {
    const plan = await planOf(entry('acme.Users', 'users', 'timeout: 1m'), [USERS]);
    expect(named(plan, 'own/timeout/acme.users').invocation).toEqual({ client: 'configuration' });
  });

  test('under perTryTimeout the headers come first, which end that timer', async () => {
    const http = entry('acme.Users', 'users', 'timeout: 3s', 'retries: { attempts: 1, perTryTimeout: 1s }');
    const cut = named(await planOf(http, [USERS]), 'own/timeout/acme.users');
    expect(cut.expectation).toMatchObject({ rpc: { status: 'INTERNAL' } });
  });

  test('a stream under a timeout is held for longer than it, and must go on', async () => {
    const plan = await planOf(entry('acme.Users', 'users', 'timeout: 3s'), [
      { ...USERS, kind: 'server-stream' },
    ]);
    const stream = named(plan, 'own/stream/acme.users');
    expect(stream.invocation).toMatchObject({
      script: { steps: expect.arrayContaining([{ wait: 4_500 }]) as unknown },
    });
    expect(stream.expectation).toMatchObject({ rpc: { status: 'OK' }, configuration: [{ answer: '0s' }] });
    expect(namesOf(plan, '/timeout/')).toEqual([]);
  });

  test('one that is expected counts, whatever is written', async () => {
    const plan = await planOf(entry('acme.Users', 'users', 'timeout: 9s'), [{ ...USERS, timeout: '2s' }]);
    expect(named(plan, 'own/timeout/acme.users').expectation).toMatchObject({
      rpc: { ended: { atMs: 2_000 } },
    });
  });
});

describe('retries', () => {
  test.each([
    ['none written: the policy of Istio', [], undefined, { unavailable: 3 }],
    [
      'what is written',
      ['retries: { attempts: 2, retryOn: "unavailable,internal,5xx" }'],
      undefined,
      { unavailable: 3, internal: 3 },
    ],
    ['attempts: 0', ['retries: { attempts: 0 }'], undefined, { unavailable: 1 }],
    ['none expected', [], 'none', { unavailable: 1 }],
    [
      'what is expected',
      ['retries: { attempts: 9, retryOn: cancelled }'],
      { attempts: 1, on: ['resource-exhausted'] },
      { 'resource-exhausted': 2 },
    ],
  ] as const)('%s', async (_what, written, retries, tries) => {
    const plan = await planOf(entry('acme.Users', 'users', ...written), [
      {
        ...USERS,
        ...(retries === undefined ? {} : { retries: retries === 'none' ? retries : { ...retries } }),
      },
    ]);
    const got = namesOf(plan, '/retries/').map((name): [string, unknown] => [
      name.split('/').at(-1) ?? '',
      (named(plan, name).expectation as { ledger?: { attempts: number } }).ledger?.attempts,
    ]);
    expect(Object.fromEntries(got)).toEqual(tries);
  });
});

describe('CORS and gRPC-Web', () => {
  const CORS = 'corsPolicy: { allowOrigins: [{ exact: "https://app.example" }], allowMethods: [POST] }';
  const FILTER = `apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: web, namespace: istio-system }
spec: { configPatches: [{ applyTo: HTTP_FILTER, patch: { value: { name: envoy.filters.http.grpc_web } } }] }
`;

  test('a page that is allowed, and one that is not', async () => {
    const plan = await planOf(entry('acme.Users', 'users', CORS), [USERS]);
    expect(namesOf(plan, '/cors/')).toEqual(['own/cors/acme.users/allowed-1', 'own/cors/acme.users/refused']);
    expect(namesOf(plan, '/grpc-web/')).toEqual([]);
  });

  test('calls of a browser where the filter is', async () => {
    const plan = await planOf(entry('acme.Users', 'users', CORS), [USERS], {}, { 'web.yaml': FILTER });
    expect(namesOf(plan, '/grpc-web/')).toHaveLength(2);
    expect(sabotagesOf(named(plan, 'own/grpc-web/acme.users/text'))).toEqual({
      deleted: 'grpc-status: expected OK',
    });
  });

  test('an origin that a regex allows is asked of the configuration', async () => {
    const regex = CORS.replace('exact: "https://app.example"', 'regex: "https://.*"');
    expect(namesOf(await planOf(entry('acme.Users', 'users', regex), [USERS]), '/cors/')).toEqual([]);
    const origins = { 'https://.*': 'https://a.example' };
    const plan = await planOf(entry('acme.Users', 'users', regex), [USERS], { origins });
    expect(namesOf(plan, '/cors/')).toEqual(['own/cors/acme.users/allowed-1']);
  });
});

describe('Gateways', () => {
  test('a certificate for each host, and other names are cut off', async () => {
    const plan = await planOf(entry('acme.Users', 'users'), [USERS]);
    expect(plan.session.credentials).toEqual([{ name: 'api-cert', hosts: ['api.example'] }]);
    expect(namesOf(plan, '/tls/')).toEqual(['own/tls/certificate', 'own/tls/another-name']);
  });

  test('a server that is not called is said', async () => {
    const mutual = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: partners }
spec:
  servers:
    - port: { number: 443, name: https, protocol: HTTPS }
      hosts: [partners.example]
      tls: { mode: MUTUAL, credentialName: partners-cert }
`;
    const plan = await planOf(entry('acme.Users', 'users'), [USERS], {}, { 'partners.yaml': mutual });
    expect(plan.notes.join('\n')).toContain(
      'not called: partners.yaml:6 (servers[0] of Gateway default/partners), port 443',
    );
  });
});

test('every entry of a VirtualService is admitted on its own, at its own line', async () => {
  const plan = await planOf(
    [...entry('acme.Users', 'users'), ...entry('acme.Orders', 'orders')],
    [USERS, ORDERS],
  );
  expect(named(plan, 'own/admission/virtualservice/default.api/http-1')).toMatchObject({
    concerns: 'routes.yaml:10 (http[1] of VirtualService default/api)',
    expectation: { admission: { accepted: true } },
  });
});

test('every derived case names how it is broken', async () => {
  const { cases } = await planOf(entry('acme.Users', 'users', 'timeout: 2s'), [USERS]);
  for (const each of cases) expect(each.sabotages.length, each.name).toBeGreaterThan(0);
});
