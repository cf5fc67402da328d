import { expect, test } from 'vitest';
import { istioVersion } from '../../src/environments/running-versions.ts';

test.each([
  ['1.31.0-eed52ebb66ad-eed52ebb66ad-Clean', '1.31.0-eed52ebb66ad'],
  ['1.24.0-abcdef012345-Clean\n', '1.24.0'],
  ['unknown-unknown-unknown', 'unknown'],
])("istiod's answer %j is version %s", (answer, version) => {
  expect(istioVersion(answer)).toBe(version);
});
