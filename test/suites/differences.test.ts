import { expect, test } from 'vitest';
import { KNOWN_DIFFERENCES } from '../../src/conformance/known-differences.ts';
import { suites } from '../../suites/index.ts';

const telling = suites
  .flatMap(({ cases }) => cases)
  .flatMap((each) => (each.differs === undefined ? [] : [{ ...each, differs: each.differs }]));

test('some cases show what differs between versions', () => {
  expect(new Set(telling.map(({ differs }) => differs.by)).size).toBeGreaterThanOrEqual(3);
});

test.each(telling)('$name expects something else from the version of its difference on', (each) => {
  const { component, since } = KNOWN_DIFFERENCES[each.differs.by];
  const keyed = component === 'envoy' ? each.sinceEnvoy : each.sinceIstio;
  expect(Object.keys(keyed ?? {})).toContain(since);
  expect(each.differs.before).not.toBe(each.differs.since);
});
