import { expect, test } from 'vitest';
import { sidesOf, STRATEGIES, type Strategy } from '../../src/cli/upgrade-sides.ts';

const sides = (
  from: string[],
  to: string[],
  { set, strategy = 'in-place' }: { set?: string[]; strategy?: Strategy } = {},
) => sidesOf({ from, to, strategy, ...(set === undefined ? {} : { set }) });

test('versions of Istio are asked of the mesh on either side', () => {
  expect(sides(['istio=1.30.2'], ['istio=1.31.0', 'hub=registry.example.com:5000/istio'])).toEqual({
    from: { versions: { istio: '1.30.2' }, request: { images: 'auto', istioVersion: '1.30.2' } },
    to: {
      versions: { istio: '1.31.0', hub: 'registry.example.com:5000/istio' },
      request: { images: 'auto', istioVersion: '1.31.0', hub: 'registry.example.com:5000/istio' },
    },
    proxyOnly: false,
  });
});

test('settings are those of the new Istio, and make two sides of one version', () => {
  const { from, to } = sides(['istio=1.31.0'], ['istio=1.31.0'], {
    set: ['meshConfig.a=1', 'meshConfig.b=2'],
  });
  expect(from.request).toEqual({ images: 'auto', istioVersion: '1.31.0' });
  expect(to.request).toEqual({
    images: 'auto',
    istioVersion: '1.31.0',
    set: ['meshConfig.a=1', 'meshConfig.b=2'],
  });
  expect(to.versions.set).toBe('meshConfig.a=1 meshConfig.b=2');
});

test.each(STRATEGIES)('the stock Envoy is one of built images; %s', (strategy) => {
  const { to, proxyOnly } = sides(['envoy=1.36.4'], ['envoy=1.40.0'], { strategy });
  expect(to.request).toEqual({ images: 'built', envoyVersion: '1.40.0' });
  // A second control plane comes with its own proxy.
  expect(proxyOnly).toBe(strategy !== 'canary');
});

test.each([
  ['the same twice', ['istio=1.31.0'], ['istio=1.31.0'], {}, /both say istio=1\.31\.0/],
  ['nothing at all', [], [], {}, /nothing is given/],
  ['no version', ['istio'], ['istio=1.31.0'], {}, /names no version/],
  ['nothing known', ['istiod=1'], ['istiod=2'], {}, /"istiod" is nothing that can be upgraded/],
  ['a member of every object', ['constructor=1'], ['constructor=2'], {}, /nothing that can be upgraded/],
  ['an Envoy on one side', ['envoy=1.36.4'], ['istio=1.31.0'], {}, /both say which envoy/],
  [
    'an Envoy beside a release',
    ['envoy=1.36.4'],
    ['envoy=1.40.0', 'istio=1.31.0'],
    {},
    /envoy cannot go with istio/,
  ],
  [
    'proxies first that are the same',
    ['istio=1.31.0'],
    ['istio=1.31.0'],
    { set: ['a=1'], strategy: 'gateway-first' as const },
    /gateway-first needs another proxy/,
  ],
])('%s: refused', (_, from, to, more, message) => {
  expect(() => sides(from, to, more)).toThrow(message);
});
