import { expect, test } from 'vitest';
import type { Case, Sabotage } from '../../src/conformance/model.ts';
import { appliedChangeOf, isCaught, sabotaged } from '../../src/conformance/sabotage.ts';

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

const each: Case = {
  name: 'x/y',
  row: 'S3',
  title: 'x',
  configuration: 'x',
  invocation: { client: 'grpc-js', transport: 'h2c', method: 'mypackage.Greeter/SayHello' },
  expectation: { rpc: { status: 'OK' } },
  sabotages: [sabotage],
};

test('a changed client or server changes the invocation, and nothing that is applied', () => {
  const client: Sabotage = { ...sabotage, change: { invocation: { transport: 'tls', listener: 'h2c' } } };
  expect(sabotaged(each, client).invocation).toEqual({
    ...each.invocation,
    transport: 'tls',
    listener: 'h2c',
  });
  expect(appliedChangeOf(client)).toEqual({});
  const script = { steps: [{ wait: 1 }] };
  const server: Sabotage = { ...sabotage, change: { script } };
  expect(sabotaged(each, server).invocation).toEqual({ ...each.invocation, script });
  expect(appliedChangeOf(server)).toEqual({});
});

test('a change of what is applied leaves the case as it is', () => {
  const change = { certificate: 'expired', objects: ['kind: X'] } as const;
  expect(sabotaged(each, { ...sabotage, change })).toEqual(each);
  expect(appliedChangeOf({ ...sabotage, change })).toEqual(change);
  expect(appliedChangeOf(undefined)).toEqual({});
});
