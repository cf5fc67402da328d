import { describe, expect, test } from 'vitest';
import { expectationOf, versionsThatMatter } from '../../src/conformance/expectation-of.ts';
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

describe('a status that is tolerated of some versions', () => {
  const racing = (keys: { istio?: string; envoy?: string }): Case => ({
    name: each.name,
    row: each.row,
    title: each.title,
    configuration: each.configuration,
    sabotages: each.sabotages,
    invocation: { client: 'grpc-js', transport: 'h2c', method: 'mypackage.Greeter/SayHello' },
    expectation: {
      rpc: {
        status: 'DEADLINE_EXCEEDED',
        tolerated: [{ status: 'UNAVAILABLE', because: 'envoyproxy/envoy#10184', ...keys }],
      },
    },
  });
  const tolerated = (keys: { istio?: string; envoy?: string }, on: { istio?: string; envoy?: string }) =>
    expectationOf(racing(keys), on).rpc?.tolerated?.map(({ status }) => status);

  test.each([
    [{}, {}, ['UNAVAILABLE']],
    [{ envoy: '<=1.40' }, { envoy: '1.40.0' }, ['UNAVAILABLE']],
    [{ envoy: '<=1.40' }, { envoy: '1.41.0' }, []],
    [{ envoy: '<=1.40' }, {}, ['UNAVAILABLE']],
    [{ istio: '>=1.29 <1.31', envoy: '<=1.40' }, { istio: '1.31.0-eed52ebb66ad', envoy: '1.40.0' }, []],
    [{ istio: '>=1.29 <1.31', envoy: '<=1.40' }, { istio: '1.30.2', envoy: '1.40.0' }, ['UNAVAILABLE']],
  ])('%j on %j', (keys, on, statuses) => {
    expect(tolerated(keys, on)).toEqual(statuses);
  });

  test('its range must be one', () => {
    expect(() => tolerated({ envoy: 'new' }, { envoy: '1.40.0' })).toThrow('no range of versions');
  });

  test('the record keeps the version that it is keyed by, and only that', () => {
    const on = { istio: '1.31.0', envoy: '1.40.0' };
    expect(versionsThatMatter(racing({ envoy: '<=1.40' }), on)).toEqual({ envoy: '1.40.0' });
    expect(versionsThatMatter(racing({}), on)).toEqual({});
    expect(
      versionsThatMatter({ ...racing({}), sinceIstio: { '1.9': { ledger: { attempts: 1 } } } }, on),
    ).toEqual({
      istio: '1.31.0',
    });
  });
});
