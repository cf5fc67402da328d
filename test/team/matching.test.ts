import { describe, expect, test } from 'vitest';
import type { HttpEntry, HttpMatch } from '../../src/team/entries.ts';
import { type Call, entryTaking, hostFits } from '../../src/team/matching.ts';
import { expectedFor, slugOf } from '../../src/team/patterns.ts';

const vs = (name: string): HttpEntry['source'] => ({
  object: {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name, namespace: 'n' },
  },
  file: `${name}.yaml`,
  lineOf: () => 1,
});
const entries = (name: string, hosts: string[], ...matches: (HttpMatch[] | undefined)[]): HttpEntry[] => {
  const source = vs(name);
  return matches.map((match, index) => ({
    source,
    index,
    at: ['spec', 'http', index],
    hosts,
    gateways: [],
    ...(match === undefined ? {} : { match }),
  }));
};
const call = (path: string, more: Partial<Call> = {}): Call => ({
  host: 'a.example',
  path,
  headers: {},
  ...more,
});
const taken = (all: HttpEntry[], each: Call): string | undefined => {
  const found = entryTaking(all, each);
  return found && `${found.source.file}[${found.index}]`;
};

describe('the entry that takes a call', () => {
  const host = ['a.example'];
  test('is the first whose match fits, a match being any of a list', () => {
    const all = entries(
      'v',
      host,
      [{ uri: { exact: '/a/B' } }, { uri: { prefix: '/c/' } }],
      [{ uri: { regex: '/a/.*' } }],
    );
    expect(taken(all, call('/a/B'))).toBe('v.yaml[0]');
    expect(taken(all, call('/c/D'))).toBe('v.yaml[0]');
    expect(taken(all, call('/a/C'))).toBe('v.yaml[1]');
    expect(taken(all, call('/x/a/C'))).toBeUndefined();
  });

  test('has every condition of its match met', () => {
    const all = entries('v', host, [
      { uri: { prefix: '/a/' }, headers: { tenant: { exact: 'gold' }, any: {} } },
    ]);
    expect(taken(all, call('/a/B', { headers: { tenant: 'gold', any: 'x' } }))).toBe('v.yaml[0]');
    expect(taken(all, call('/a/B', { headers: { tenant: 'gold' } }))).toBeUndefined();
  });

  test('is a catch-all only when nothing else is, of all VirtualServices of the host', () => {
    const all = [...entries('a', host, undefined), ...entries('b', host, [{ uri: { prefix: '/x/' } }])];
    expect(taken(all, call('/x/Y'))).toBe('b.yaml[0]');
    expect(taken(all, call('/y/Y'))).toBe('a.yaml[0]');
  });

  test('is of the most specific host', () => {
    const all = [
      ...entries('w', ['*.example'], undefined),
      ...entries('e', host, [{ uri: { prefix: '/x/' } }]),
    ];
    expect(taken(all, call('/x/Y'))).toBe('e.yaml[0]');
    expect(taken(all, call('/y/Y'))).toBeUndefined();
    expect(taken(all, call('/y/Y', { host: 'b.example' }))).toBe('w.yaml[0]');
  });
});

test.each([
  ['*', 'a.example', true],
  ['*.example', 'a.example', true],
  ['*.example', 'example', false],
  ['a.example', 'b.a.example', false],
])('host %s takes %s: %s', (pattern, host, fits) => {
  expect(hostFits(pattern, host)).toBe(fits);
});

describe('expected routes', () => {
  const routes = [
    { method: '*', backend: 'all:1' },
    { method: 'p.*', backend: 'package:1' },
    { method: 'p.S/*', backend: 'service:1' },
    { method: 'p.S/*', headers: { tenant: 'gold' }, backend: 'gold:1' },
    { method: 'p.S/M', backend: 'method:1' },
    { method: 'p.S/N', hosts: ['other.example'], backend: 'elsewhere:1' },
  ];
  test.each([
    ['p.S/M', {}, 'method:1'],
    ['p.S/N', {}, 'service:1'],
    ['p.S/N', { tenant: 'gold' }, 'gold:1'],
    ['p.SV2/M', {}, 'package:1'],
    ['q.S/M', {}, 'all:1'],
  ])('%s with %j: the narrowest counts, %s', (method, headers, backend) => {
    expect(expectedFor(routes, 'a.example', method, headers)?.backend).toBe(backend);
  });

  test.each([
    ['shop.v1.Orders/Watch', 'shop.v1.orders.watch'],
    ['shop.v1.Orders/*', 'shop.v1.orders'],
    ['shop.v1.*', 'shop.v1'],
    ['*', 'everything'],
  ])('%s is %s in the name of a case', (method, slug) => {
    expect(slugOf({ method, backend: null })).toBe(slug);
  });
});
