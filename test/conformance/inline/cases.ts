import type { Case, Sabotage } from '../../../src/conformance/model.ts';

/** A suite in small: one case for each way in which a case can end. It runs against loopback, by inline.test.ts. */

const wrongStatus: Sabotage = {
  name: 'wrong status',
  change: { script: { steps: [{ status: 'ABORTED' }] } },
  caughtBy: 'grpc-status: expected OK, got ABORTED',
};
const withoutEffect: Sabotage = {
  name: 'without effect',
  change: { script: { steps: [{ answer: true }] } },
  caughtBy: 'grpc-status',
};

const base = {
  row: 'S4',
  title: 'A case of the inline suite.',
  configuration: 'good',
  invocation: {
    client: 'grpc-js',
    transport: 'h2c',
    method: 'mypackage.UserService/GetUser',
    deadlineMs: 5_000,
  },
  expectation: {
    rpc: { status: 'OK', count: 1, servedBy: { service: 'user-grpc-service' } },
    ledger: { attempts: 1 },
  },
  sabotages: [wrongStatus],
} as const satisfies Omit<Case, 'name'>;

export const cases: readonly Case[] = [
  { ...base, name: 'inline/passes' },
  { ...base, name: 'inline/passes-alone', alone: true },
  { ...base, name: 'inline/not-chosen' },
  {
    ...base,
    name: 'inline/fails',
    expectation: { rpc: { status: 'OK', count: 2 }, ledger: { attempts: 3 } },
    sabotages: [withoutEffect],
  },
  {
    ...base,
    name: 'inline/actions',
    invocation: {
      ...base.invocation,
      method: 'mypackage.UserService/SyncUsers',
      requests: [{ sequence: 1 }, { sequence: 2 }],
      halfClose: 'after-actions',
    },
    actions: [
      { await: { messages: 1 } },
      { apply: { certificate: 'renewed' } },
      { restart: 'user-grpc-service' },
      { invoke: base.invocation, as: 'later' },
    ],
    expectation: {
      rpc: { status: 'OK', count: 2 },
      // Nobody answers twice: what it says shows that the call was judged by itself.
      meanwhile: { later: { rpc: { status: 'OK', count: 2 } }, never: { rpc: { status: 'OK' } } },
    },
  },
  { ...base, name: 'inline/lacks-docker', needs: ['docker'] },
  { ...base, name: 'inline/refused', configuration: 'refused' },
  { ...base, name: 'inline/also-refused', configuration: 'refused' },
  { ...base, name: 'inline/not-applied', configuration: 'broken' },
  { ...base, name: 'inline/no-collector', configuration: 'ledger-gone' },
];
