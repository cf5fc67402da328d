import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ExpectedRoute } from '../../src/team/config.ts';
import { type TeamPlan, planTeam } from '../../src/team/team-plan.ts';
import { inFolder, named, namesOf } from './workplace.ts';

const GATEWAY = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: gw }
spec:
  gatewayClassName: istio
  listeners:
    - name: https
      port: 443
      protocol: HTTPS
      tls: { certificateRefs: [{ name: api-cert }] }
    - { name: http, port: 80, protocol: HTTP }
`;

/** A route of `api.example` whose rules have these lines; the first one is line 8. */
const route = (kind: 'GRPCRoute' | 'HTTPRoute', ...rules: readonly string[]): string =>
  [
    'apiVersion: gateway.networking.k8s.io/v1',
    `kind: ${kind}`,
    'metadata: { name: api }',
    'spec:',
    '  parentRefs: [{ name: gw }]',
    '  hostnames: [api.example]',
    '  rules:',
    ...rules.map((line) => `    ${line}`),
    '',
  ].join('\n');

const rule = (match: string, backend: string, ...more: readonly string[]): readonly string[] => [
  `- matches: [{ ${match} }]`,
  `  backendRefs: [{ name: ${backend}, port: 50051 }]`,
  ...more.map((line) => `  ${line}`),
];
const service = (name: string): string => `method: { service: ${name} }`;

const USERS = { method: 'acme.Users/*', backend: 'users:50051' } as const;
const ORDERS = { method: 'acme.Orders/*', backend: 'orders:50051' } as const;

const planOf = (
  routes: string,
  expected: readonly [ExpectedRoute, ...ExpectedRoute[]] = [USERS],
  gateway = GATEWAY,
): Promise<TeamPlan> =>
  inFolder({ 'gateway.yaml': gateway, 'routes.yaml': routes }, (folder) =>
    planTeam({
      file: join(folder, 'meshproof.config.ts'),
      config: { manifests: ['gateway.yaml', 'routes.yaml'], namespace: 'acme', routes: expected },
    }),
  );

const applied = ({ configurations }: TeamPlan, kind: string): unknown =>
  (configurations.own as readonly { kind?: string }[]).find((each) => each.kind === kind);

describe('a Gateway', () => {
  test('is attached to the ingress gateway that is there, and takes the routes that it took', async () => {
    const plan = await planOf(route('GRPCRoute', ...rule(service('acme.Users'), 'users')));
    const own = { matchLabels: { 'kubernetes.io/metadata.name': 'acme' } };
    expect(applied(plan, 'Gateway')).toMatchObject({
      metadata: { name: 'gw', namespace: 'istio-system' },
      spec: {
        addresses: [{ type: 'Hostname', value: 'istio-ingressgateway.istio-system.svc.cluster.local' }],
        listeners: [
          { name: 'https', allowedRoutes: { namespaces: { from: 'Selector', selector: own } } },
          { name: 'http', allowedRoutes: { namespaces: { from: 'Selector', selector: own } } },
        ],
      },
    });
    expect(applied(plan, 'GRPCRoute')).toMatchObject({
      metadata: { namespace: 'acme' },
      spec: { parentRefs: [{ name: 'gw', namespace: 'istio-system' }] },
    });
    expect(plan.session.credentials).toEqual([{ name: 'api-cert', hosts: ['api.example'] }]);
    expect(plan.notes.join('\n')).toContain('Gateway acme/gw');
    expect(namesOf(plan, '/route/acme')).toEqual(['own/route/acme.users/tls', 'own/route/acme.users/h2c']);
  });

  test('that redirects by an HTTPRoute is called in plaintext for that alone', async () => {
    const redirect = `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: redirect }
spec:
  parentRefs: [{ name: gw, sectionName: http }]
  rules:
    - filters: [{ type: RequestRedirect, requestRedirect: { scheme: https, statusCode: 301 } }]
`;
    const users = route('GRPCRoute', ...rule(service('acme.Users'), 'users')).replace(
      '{ name: gw }',
      '{ name: gw, sectionName: https }',
    );
    const plan = await planOf(`${users}${redirect}`);
    expect(namesOf(plan, '/route/acme')).toEqual(['own/route/acme.users/tls']);
    expect(named(plan, 'own/redirect')).toMatchObject({
      concerns: 'routes.yaml:17 (rules[0] of HTTPRoute acme/redirect)',
      expectation: { http: { status: 301 } },
    });
  });
});

describe('routes', () => {
  test('the narrowest match counts, wherever it stands, and its line is named', async () => {
    const plan = await planOf(
      route(
        'GRPCRoute',
        ...rule(service('acme.Orders'), 'orders'),
        ...rule('method: { service: acme.Orders, method: Watch }', 'watchers'),
        ...rule(`${service('acme.Orders')}, headers: [{ name: x-tenant, value: gold }]`, 'gold'),
      ),
      [
        ORDERS,
        { method: 'acme.Orders/Watch', backend: 'watchers:50051' },
        { ...ORDERS, backend: 'gold:50051', headers: { 'x-tenant': 'gold' } },
      ],
    );
    const concerns = (name: string) => named(plan, `own/route/${name}/tls`).concerns;
    expect(concerns('acme.orders')).toBe('routes.yaml:8 (rules[0] of GRPCRoute acme/api)');
    expect(concerns('acme.orders.watch')).toBe('routes.yaml:10 (rules[1] of GRPCRoute acme/api)');
    expect(concerns('acme.orders.x-tenant.gold')).toBe('routes.yaml:12 (rules[2] of GRPCRoute acme/api)');
  });

  test('a path prefix of an HTTPRoute ends with a segment', async () => {
    const plan = await planOf(
      route(
        'HTTPRoute',
        ...rule('path: { type: PathPrefix, value: /acme.Users }', 'users', 'timeouts: { request: 2s }'),
      ),
    );
    expect(named(plan, 'own/near-miss/acme.users').concerns).toContain('rules[0]');
    expect(named(plan, 'own/timeout/acme.users').expectation).toMatchObject({
      rpc: { ended: { by: 'route timeout', atMs: 2_000 } },
      configuration: [
        {
          question: {
            virtualService: 'istio-system~gw~istio-autogenerated-k8s-gateway~https~api.example',
          },
        },
      ],
    });
  });

  test('weights and header filters have cases of their own', async () => {
    const plan = await planOf(
      route(
        'GRPCRoute',
        `- matches: [{ ${service('acme.Users')} }]`,
        '  filters: [{ type: RequestHeaderModifier, requestHeaderModifier: { set: [{ name: X-Entrance, value: public }], remove: [x-trusted] } }]',
        '  backendRefs: [{ name: users, port: 50051, weight: 3 }, { name: next, port: 50051, weight: 1 }]',
      ),
    );
    expect(named(plan, 'own/headers/acme.users/request')).toMatchObject({
      invocation: { metadata: { 'x-entrance': 'as it was sent', 'x-trusted': 'as it was sent' } },
      expectation: { ledger: { metadata: { 'x-entrance': 'public', 'x-trusted': null } } },
    });
    // 750 of 1000, and six standard deviations of 13.7 either way.
    expect(named(plan, 'own/weights/acme.users').expectation).toMatchObject({
      spread: { services: { 'users.acme': { min: 668, max: 832 }, 'next.acme': { min: 168, max: 332 } } },
    });
    const { rpc } = named(plan, 'own/route/acme.users/tls').expectation as { rpc: object };
    expect(rpc).not.toHaveProperty('servedBy');
  });
});

const GRPC = route('GRPCRoute', ...rule(service('acme.Users'), 'users'));
test.each([
  [
    'a class of somebody else',
    GRPC,
    GATEWAY.replace('gatewayClassName: istio', 'gatewayClassName: nginx'),
    'gateway.yaml:5: spec.gatewayClassName of Gateway acme/gw is not taken here',
  ],
  [
    'a certificate of another namespace',
    GRPC,
    GATEWAY.replace('{ name: api-cert }', '{ name: api-cert, namespace: certs }'),
    'gateway.yaml:10: spec.listeners[0].tls.certificateRefs[0].namespace of Gateway acme/gw is not taken',
  ],
  [
    'a filter',
    GRPC.replace('  backendRefs', '  filters: [{ type: ExtensionRef }]\n      backendRefs'),
    GATEWAY,
    'routes.yaml:9: spec.rules[0].filters[0].type of GRPCRoute acme/api is not taken here',
  ],
  [
    'a field that the standard channel does not have',
    route('HTTPRoute', ...rule('path: { value: /acme.Users }', 'users', 'retry: { attempts: 1 }')),
    GATEWAY,
    'routes.yaml:10: spec.rules[0].retry of HTTPRoute acme/api is nothing that a configuration may have here',
  ],
  [
    'a kind',
    `${GRPC}---\napiVersion: gateway.networking.k8s.io/v1\nkind: TLSRoute\nmetadata: { name: raw }\nspec: {}\n`,
    GATEWAY,
    'kind of TLSRoute acme/raw is not taken',
  ],
  [
    'one host for both kinds of routes',
    `${GRPC}---\n${route('HTTPRoute', ...rule('path: { value: / }', 'users'))}`,
    GATEWAY,
    'routes.yaml:6: spec.hostnames of GRPCRoute acme/api is not taken: HTTPRoute acme/api',
  ],
])('%s is refused by file, object and field', async (_what, routes, gateway, said) => {
  await expect(planOf(routes, [USERS], gateway)).rejects.toThrow(said);
});

test('every derived case names how it is broken', async () => {
  for (const each of (await planOf(GRPC)).cases) expect(each.sabotages.length, each.name).toBeGreaterThan(0);
});
