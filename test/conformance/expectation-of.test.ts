import { expect, test } from 'vitest';
import { expectationOf } from '../../src/conformance/expectation-of.ts';
import type { Case } from '../../src/conformance/model.ts';

const accepted = (accepted: boolean, message = '') => ({ admission: { accepted, message } });
const each: Case = {
  name: 'seed/x',
  row: 'S5',
  title: 'x',
  configuration: 'x',
  invocation: { client: 'admission', yaml: '' },
  expectation: accepted(true),
  sinceIstio: {
    '1.9': accepted(true, 'with a warning'),
    '1.24.2': accepted(false, 'refused'),
    '1.100': accepted(false, 'no such kind'),
  },
  sabotages: [{ name: 'x', change: { manifests: [] }, caughtBy: 'x' }],
};

test.each([
  ['1.8.6', ''],
  ['1.9.0', 'with a warning'],
  ['1.24.1', 'with a warning'],
  ['1.24.2', 'refused'],
  ['1.31-alpha.eed52ebb', 'refused'],
  ['1.100.0', 'no such kind'],
])('Istio %s: what holds since the newest version that is not newer', (istio, message) => {
  expect(expectationOf(each, { istio }).admission?.message).toBe(message);
});

test('without a version, and without exceptions, the expectation itself holds', () => {
  expect(expectationOf(each, {})).toEqual(each.expectation);
  expect(expectationOf({ ...each, sinceIstio: {} }, { istio: '1.31.0' })).toEqual(each.expectation);
});

test('what an exception does not name stays as it is', () => {
  const both = { ...each, expectation: { ...accepted(true), configuration: [] } };
  expect(expectationOf(both, { istio: '1.31.0' })).toEqual({
    ...accepted(false, 'refused'),
    configuration: [],
  });
});
