import { expect, test } from 'vitest';
import { foundIn } from '../../src/team/starter.ts';

const object = (kind: string, spec: object, apiVersion = 'gateway.networking.k8s.io/v1') =>
  JSON.stringify({ apiVersion, kind, metadata: { name: 'it', namespace: 'shop' }, spec });

test('the methods of a GRPCRoute are read with their backends', () => {
  const text = object('GRPCRoute', {
    rules: [
      {
        matches: [{ method: { service: 'shop.v1.Orders', method: 'Place' } }],
        backendRefs: [{ name: 'orders', port: 1 }],
      },
      {
        matches: [{ method: { service: 'shop.v1.Orders' } }],
        backendRefs: [{ name: 'old', namespace: 'past', port: 2 }],
      },
      {
        matches: [{ method: { type: 'RegularExpression', service: 'shop.*' } }],
        backendRefs: [{ name: 'any', port: 3 }],
      },
      { matches: [{ method: { method: 'Check' } }], backendRefs: [{ name: 'any', port: 3 }] },
      { backendRefs: [{ name: 'rest', port: 4 }] },
      { matches: [{ method: { service: 'shop.v1.Nowhere' } }] },
    ],
  });
  expect(foundIn([{ file: 'deploy/routes.yaml', text }])).toEqual({
    manifests: ['deploy'],
    routes: [
      { method: 'shop.v1.Orders/Place', backend: 'orders:1' },
      { method: 'shop.v1.Orders/*', backend: 'old.past:2' },
      { method: '*', backend: 'rest:4' },
    ],
  });
});

test('an HTTPRoute by its paths, and the namespace of the Gateway', () => {
  const gateway = object('Gateway', { gatewayClassName: 'istio' });
  const route = object('HTTPRoute', {
    rules: [
      {
        matches: [
          { path: { type: 'PathPrefix', value: '/shop.v1.Orders' }, method: 'POST' },
          { path: { type: 'Exact', value: '/shop.v1.Stock/Count' } },
          { path: { type: 'RegularExpression', value: '/shop.*' } },
        ],
        backendRefs: [{ name: 'orders', port: 50051 }],
      },
    ],
  });
  expect(foundIn([{ file: 'all.yaml', text: `${gateway}\n---\n${route}` }])).toEqual({
    manifests: ['all.yaml'],
    namespace: 'shop',
    routes: [
      { method: 'shop.v1.Orders/*', backend: 'orders:50051' },
      { method: 'shop.v1.Stock/Count', backend: 'orders:50051' },
    ],
  });
});

test('a VirtualService as before', () => {
  const http = [
    {
      match: [{ uri: { prefix: '/shop.v1.Orders/' } }],
      route: [{ destination: { host: 'orders', port: { number: 1 } } }],
    },
  ];
  const text = object('VirtualService', { http }, 'networking.istio.io/v1');
  expect(foundIn([{ file: 'a/b.yaml', text }]).routes).toEqual([
    { method: 'shop.v1.Orders/*', backend: 'orders:1' },
  ]);
});
