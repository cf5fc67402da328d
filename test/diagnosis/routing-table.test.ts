import { describe, expect, test } from 'vitest';
import type { RequestFacts } from '../../src/diagnosis/evidence.ts';
import { virtualServices } from '../../src/diagnosis/istio-objects.ts';
import { coversHost } from '../../src/diagnosis/route-selection.ts';
import { entriesFor, matching } from '../../src/diagnosis/routing-table.ts';

const request: RequestFacts = {
  client: 'grpc-js',
  tls: true,
  port: 443,
  http: '2',
  authority: 'GRPC.example.com:443',
  serverName: 'grpc.example.com',
  alpn: ['h2'],
  path: '/mypackage.OrderService/GetOrder',
  verb: 'POST',
  headers: { 'x-tenant': 'blue' },
};
const to = (host: string) => [{ destination: { host } }];
const virtualService = (name: string, http: unknown[], hosts = ['grpc.example.com']) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name, namespace: 'default' },
  spec: { hosts, gateways: ['grpc-gateway'], http },
});
const first = (...objects: ReturnType<typeof virtualService>[]) =>
  matching(entriesFor(virtualServices(objects), request), request)[0]?.route.route[0]?.destination.host;

test.each([
  ['*', 'grpc.example.com', true],
  ['*.example.com', 'grpc.example.com', true],
  ['*.example.com', 'example.com', false],
  ['istio-system/grpc.example.com', 'grpc.example.com', true],
  ['grpc.example.com', 'grpc.example.com.', false],
])('%s covers %s: %s', (host, name, expected) => {
  expect(coversHost(host, name)).toBe(expected);
});

describe('the first route that matches counts', () => {
  const order = { match: [{ uri: { prefix: '/mypackage.OrderService/' } }], route: to('order') };
  const catchAll = { route: to('all') };

  test('port and case of the authority do not matter', () => {
    expect(first(virtualService('a', [order]))).toBe('order');
  });

  test('within one VirtualService nothing behind a catch-all is reached', () => {
    expect(first(virtualService('a', [catchAll, order]))).toBe('all');
  });

  test('over several VirtualServices catch-alls go last', () => {
    expect(first(virtualService('a', [catchAll]), virtualService('b', [order]))).toBe('order');
  });

  test('headers, exact, by prefix and by regular expression', () => {
    const by = (headers: unknown) =>
      first(virtualService('a', [{ match: [{ headers }], route: to('blue') }]));
    expect(by({ 'X-Tenant': { exact: 'blue' } })).toBe('blue');
    expect(by({ 'x-tenant': { prefix: 'bl' } })).toBe('blue');
    expect(by({ 'x-tenant': { regex: 'b.*e' } })).toBe('blue');
    expect(by({ 'x-tenant': { regex: 'b' } })).toBeUndefined();
    expect(by({ 'x-absent': { exact: 'blue' } })).toBeUndefined();
    expect(by({ 'x-tenant': { regex: '(?P<re2>only)' } })).toBeUndefined();
  });

  test('another host is not met at all', () => {
    expect(first(virtualService('a', [catchAll], ['other.example.com']))).toBeUndefined();
  });
});
