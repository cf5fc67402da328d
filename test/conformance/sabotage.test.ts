import { expect, test } from 'vitest';
import type { Sabotage } from '../../src/conformance/model.ts';
import { isCaught } from '../../src/conformance/sabotage.ts';

const sabotage: Sabotage = { name: 'x', change: { manifests: [] }, caughtBy: 'spec.http' };
const mismatch = {
  witness: 'client',
  what: 'grpc-status',
  expected: 'OK',
  got: 'INTERNAL',
  source: 'x',
} as const;

test('a mismatch that says the foretold text catches it', () => {
  const foretold = { ...sabotage, caughtBy: 'grpc-status: expected OK, got INTERNAL' };
  expect(isCaught(foretold, { mismatches: [mismatch] })).toBe(true);
});

test('a failure for another reason proves nothing', () => {
  expect(isCaught(sabotage, { mismatches: [mismatch] })).toBe(false);
  expect(isCaught(sabotage, { mismatches: [] })).toBe(false);
});

test('a refusal at admission that names the field catches it', () => {
  const refused = { object: 'VirtualService x', reason: 'spec.http: bad' };
  expect(isCaught(sabotage, { mismatches: [], refused })).toBe(true);
});
