import { describe, expect, test } from 'vitest';
import { AS_WRITTEN, type Placement, namespacesOf, place } from '../../src/environments/placement.ts';
import { suites } from '../../suites/index.ts';

const ELSEWHERE: Placement = {
  samples: 'meshproof',
  gateway: 'ingress',
  gatewayLabels: { istio: 'ingress', team: 'edge' },
  control: 'istio-root',
  istiodLabels: { app: 'istiod' },
};

const object = (kind: string, namespace: string | undefined, spec: object = {}) => ({
  apiVersion: 'networking.istio.io/v1',
  kind,
  metadata: { name: 'x', ...(namespace === undefined ? {} : { namespace }) },
  spec,
});
const namespaceOf = (kind: string, namespace?: string) =>
  place([object(kind, namespace)], ELSEWHERE)[0]?.metadata.namespace;

describe('placement', () => {
  test('what is written for the samples goes to their namespace, what is for the gateway to its own', () => {
    expect(namespaceOf('VirtualService', 'default')).toBe('meshproof');
    expect(namespaceOf('Secret', 'istio-system')).toBe('ingress');
    expect(namespaceOf('EnvoyFilter', 'istio-system')).toBe('ingress');
    expect(namespaceOf('Telemetry', 'istio-system')).toBe('istio-root');
    expect(namespaceOf('Service', 'other')).toBe('other');
    expect(namespaceOf('Namespace')).toBeUndefined();
  });

  test('selectors of the gateway and names of the samples are put right, however deep they stand', () => {
    const [gateway, filter, route] = place(
      [
        object('Gateway', 'default', { selector: { istio: 'ingressgateway' } }),
        object('EnvoyFilter', 'istio-system', {
          workloadSelector: { labels: { istio: 'ingressgateway' } },
        }),
        object('VirtualService', 'default', {
          http: [{ route: [{ destination: { host: 'a.default.svc.cluster.local' } }] }],
        }),
      ],
      ELSEWHERE,
    );
    expect(gateway?.spec).toEqual({ selector: ELSEWHERE.gatewayLabels });
    expect(filter?.spec).toEqual({ workloadSelector: { labels: ELSEWHERE.gatewayLabels } });
    expect(JSON.stringify(route?.spec)).toContain('"a.meshproof.svc.cluster.local"');
  });

  test('where everything is as written, nothing changes', () => {
    const objects = [object('Gateway', 'default', { selector: { istio: 'ingressgateway' } })];
    expect(place(objects, AS_WRITTEN)).toEqual(objects);
    expect(namespacesOf(AS_WRITTEN)).toEqual(['default', 'istio-system']);
  });
});

/** All text that a case expects to see, with the sources of its regular expressions. */
function textIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof RegExp) return [value.source];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textIn);
}

test('no case expects the samples to be in a namespace of a certain name', () => {
  const naming = suites
    .flatMap(({ cases }) => cases)
    .filter(({ expectation, sinceIstio, sabotages }) => {
      const expected = textIn([expectation, sinceIstio, sabotages.map(({ caughtBy }) => caughtBy)]);
      return expected.some((text) => /\bdefault(\\?\.svc|\/[a-z])/.test(text));
    });
  expect(naming.map(({ name }) => name)).toEqual([]);
});
