import type { TlsInvocation } from '../../src/clients/invocation.ts';
import { expand, type Action, type AppliedChange, type Case } from '../../src/conformance/model.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { METHODS } from '../requests.ts';
import { jsonPatch } from '../patches.ts';
import { FIRST } from './rotation.ts';
import { renamed, TLS_SERVER } from './sabotages.ts';

const BROKEN = 'while it is broken';
const REPAIRED = 'after the repair';
const NEW_RPC = 'an RPC after the repair';
const handshake: TlsInvocation = { client: 'tls', alpn: ['h2'] };

/** The gateway has never heard of it, so that it cannot have kept a certificate of that name. */
const NAME = 'late-$RUN';
const RIGHT: AppliedChange = { manifests: renamed(NAME) };
const gatewayOnly = (name: string) =>
  jsonPatch('Gateway', 'grpc-gateway', {
    op: 'replace',
    path: `${TLS_SERVER}/tls/credentialName`,
    value: name,
  });

/** What is wrong first, and what mends it. */
const FAULTS = {
  missing: {
    broken: {
      manifests: [
        gatewayOnly(NAME),
        '{ apiVersion: v1, kind: Secret, metadata: { name: grpc-tls-credential, namespace: istio-system }, $patch: delete }',
      ],
    },
    mended: RIGHT,
  },
  'in-another-namespace': {
    broken: { manifests: renamed(NAME, { op: 'replace', path: '/metadata/namespace', value: 'default' }) },
    mended: RIGHT,
  },
  mismatched: { broken: { manifests: renamed(NAME), certificate: 'key of another' }, mended: RIGHT },
  expired: { broken: { manifests: renamed(NAME), certificate: 'expired' }, mended: RIGHT },
  'of-another-host': { broken: { manifests: renamed(NAME), certificate: 'other host' }, mended: RIGHT },
} as const satisfies Record<string, { broken: AppliedChange; mended: AppliedChange }>;

const actions = (broken: AppliedChange, mended: AppliedChange): readonly Action[] => [
  { apply: broken, anew: true },
  { invoke: handshake, as: BROKEN },
  { apply: mended },
  { invoke: handshake, as: REPAIRED },
  {
    invoke: { client: 'grpc-js', transport: 'tls', method: METHODS.greeter.unary, deadlineMs: 10_000 },
    as: NEW_RPC,
  },
];

const repaired = expand({ fault: Object.keys(FAULTS) as (keyof typeof FAULTS)[] }, ({ fault }): Case => {
  const { broken, mended } = FAULTS[fault];
  return {
    name: 'tls-gateway/repaired',
    row: 'S1',
    title: `A Secret that was ${fault.replaceAll('-', ' ')} is served once it is right, without a restart of the gateway.`,
    configuration: 'catch-all',
    invocation: handshake,
    actions: actions(broken, mended),
    limitMs: 60_000,
    expectation: {
      tls: FIRST,
      meanwhile: {
        [BROKEN]: { tls: { authorized: false } },
        [REPAIRED]: { tls: FIRST },
        [NEW_RPC]: {
          rpc: { status: 'OK', count: 1, servedBy: { service: 'grpc-service' } },
          ledger: { attempts: 1 },
          gateway: { ...wayIn('tls'), ...routedTo('grpc-service') },
        },
      },
    },
    sabotages: [
      {
        name: `a Secret that stays ${fault.replaceAll('-', ' ')}`,
        change: { actions: actions(broken, broken) },
        caughtBy: `verified chain and name (${REPAIRED}): expected yes, got no`,
      },
      {
        name: 'nothing wrong to begin with',
        change: { actions: actions(RIGHT, RIGHT) },
        caughtBy: `verified chain and name (${BROKEN}): expected no, got yes`,
      },
    ],
  };
});

/**
 * What a mistake at the next rotation does: nothing, until the gateway is restarted. A listener that asks for a Secret
 * that is not there never becomes ready, and the one before it goes on.
 */
const MISTAKES = {
  missing: {
    manifests: [
      '{ apiVersion: v1, kind: Secret, metadata: { name: grpc-tls-credential, namespace: istio-system }, $patch: delete }',
    ],
  },
  mismatched: { certificate: 'key of another' },
  misnamed: { manifests: [gatewayOnly(NAME)] },
} as const satisfies Record<string, AppliedChange>;

const kept = expand({ fault: Object.keys(MISTAKES) as (keyof typeof MISTAKES)[] }, ({ fault }): Case => ({
  name: 'tls-gateway/kept',
  row: 'S1',
  title: `When the Secret in use becomes ${fault}, the gateway goes on with the certificate it has.`,
  configuration: 'catch-all',
  invocation: handshake,
  actions: [{ apply: MISTAKES[fault] }, { invoke: handshake, as: BROKEN }],
  limitMs: 60_000,
  expectation: { tls: FIRST, meanwhile: { [BROKEN]: { tls: FIRST } } },
  sabotages: [
    {
      name: 'rotated to another host’s certificate',
      change: { actions: [{ apply: { certificate: 'other host' } }, { invoke: handshake, as: BROKEN }] },
      caughtBy: `verified chain and name (${BROKEN}): expected yes, got no`,
    },
  ],
}));

export const repairCases: readonly Case[] = [...repaired, ...kept];
