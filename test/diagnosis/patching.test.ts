import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { deleting, removing, setting } from '../../src/diagnosis/patching.ts';

const OBJECT = { kind: 'VirtualService', namespace: 'default', name: 'a' };
const evidence = {
  objects: [
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: 'a' },
      spec: { http: [{ name: 'first' }, { name: 'second', timeout: '3s' }] },
    },
  ],
};
const operations = (patch: string | undefined): unknown => {
  const { target, patch: inner } = parse(patch ?? '') as { target: unknown; patch: string };
  expect(target).toEqual({ kind: 'VirtualService', name: 'a', namespace: 'default' });
  return parse(inner);
};

test.each([
  ['spec.http[1].timeout', { op: 'replace', path: '/spec/http/1/timeout', value: 'x' }],
  ['spec.http[0].timeout', { op: 'add', path: '/spec/http/0/timeout', value: 'x' }],
  ['spec.http[0].retries.attempts', { op: 'add', path: '/spec/http/0/retries', value: { attempts: 'x' } }],
  ['spec.exportTo', { op: 'add', path: '/spec/exportTo', value: 'x' }],
])('%s is set, whether or not it is there', (field, operation) => {
  expect(operations(setting(evidence, OBJECT, field, 'x'))).toEqual([operation]);
});

test('a field is taken away where it is', () => {
  expect(operations(removing(evidence, OBJECT, 'spec.http[1].timeout'))).toEqual([
    { op: 'remove', path: '/spec/http/1/timeout' },
  ]);
  expect(removing(evidence, OBJECT, 'spec.http[0].timeout')).toBeUndefined();
});

test('what holds nothing else goes with it', () => {
  const [{ metadata, ...rest } = { metadata: {} }] = evidence.objects;
  const spec = { host: 'a', trafficPolicy: { loadBalancer: { consistentHash: {} } } };
  const objects = [{ ...rest, metadata, spec }];
  expect(operations(removing({ objects }, OBJECT, 'spec.trafficPolicy.loadBalancer'))).toEqual([
    { op: 'remove', path: '/spec/trafficPolicy' },
  ]);
  expect(operations(removing({ objects }, OBJECT, 'spec.trafficPolicy'))).toEqual([
    { op: 'remove', path: '/spec/trafficPolicy' },
  ]);
});

test('an object is taken away in the form that kustomize has for it', () => {
  expect(parse(deleting(evidence, OBJECT) ?? '')).toEqual({
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'a', namespace: 'default' },
    $patch: 'delete',
  });
});

test('of an object that is not in the evidence nothing is made up', () => {
  const other = { ...OBJECT, name: 'b' };
  expect(setting(evidence, other, 'spec.http', 1)).toBeUndefined();
  expect(removing(evidence, other, 'spec.http')).toBeUndefined();
  expect(deleting(evidence, other)).toBeUndefined();
});
