import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { changeOf } from '../../src/reproduce/fix.ts';
import type { Diagnosis } from '../../src/diagnosis/diagnosis.ts';

const diagnosed = (patch?: string): Diagnosis => ({
  cause: 'route-timeout',
  confidence: 'certain',
  summary: 'a summary',
  because: [],
  change: {
    object: 'VirtualService meshproof/a',
    field: 'spec',
    found: '3s',
    ...(patch === undefined ? {} : { patch }),
  },
});

test('a diagnosis without a patch changes nothing', () => {
  expect(changeOf(diagnosed())).toBeUndefined();
});

test('manifests name no namespace, so neither does what is applied to them', () => {
  const patch =
    "target: {kind: VirtualService, name: a, namespace: meshproof}\npatch: '[{op: remove, path: /spec/a}]'\n";
  const { manifests: [applied = ''] = [] } = changeOf(diagnosed(patch)) ?? {};
  expect(parse(applied)).toEqual({
    target: { kind: 'VirtualService', name: 'a' },
    patch: '[{op: remove, path: /spec/a}]',
  });
});
