import { expand, type Action, type Case } from '../../src/conformance/model.ts';
import type { TlsInvocation } from '../../src/clients/invocation.ts';
import type { TlsExpectation } from '../../src/conformance/expectation.ts';
import { PAYLOAD, REQUESTS, heldOpen } from '../held-open.ts';
import { HOST, requestsSeen, routedTo, wayIn } from '../expectations.ts';
import { METHODS, repliesTo } from '../requests.ts';
import { shortStreams } from './sabotages.ts';

const SERVICE = 'grpc-service';
const STREAMS = 50;
const BEFORE = 'before the rotation';
const AFTER = 'after the rotation';
const NEW_RPC = 'an RPC on a new connection';

const handshake: TlsInvocation = { client: 'tls', alpn: ['h2'] };
const verified = { alpn: 'h2', authorized: true, error: '' } as const;
/** The names in the first certificate, and in the one that it is replaced by. */
export const FIRST: TlsExpectation = { ...verified, subjectAltName: `DNS:${HOST}` };
const RENEWED: TlsExpectation = { ...verified, subjectAltName: `DNS:${HOST}, DNS:renewed.${HOST}` };

/** All streams are open when the Secret changes. */
const rotated = (certificate: 'renewed' | 'key of another'): readonly Action[] => [
  { await: 'response headers' },
  { invoke: handshake, as: BEFORE },
  { apply: { certificate } },
  { invoke: handshake, as: AFTER },
  {
    invoke: { client: 'grpc-js', transport: 'tls', method: METHODS.greeter.unary, deadlineMs: 10_000 },
    as: NEW_RPC,
  },
];

/** A new certificate is for new connections: those that are there have made their handshake. */
const underStreams = expand({ kind: ['client-stream', 'bidi'] }, ({ kind }): Case => ({
  name: 'tls-gateway/rotation/under-streams',
  row: 'S1',
  title: `${STREAMS} ${kind} RPCs live on when the certificate is rotated; a new connection is shown the new one.`,
  configuration: 'catch-all',
  invocation: heldOpen('tls', kind, STREAMS, 'greeter'),
  actions: rotated('renewed'),
  limitMs: 60_000,
  expectation: {
    rpc: { status: 'OK', ...repliesTo(kind, REQUESTS, PAYLOAD), servedBy: { service: SERVICE } },
    ledger: { attempts: 1, service: SERVICE, ...requestsSeen(REQUESTS), halfClosed: true, cancelled: false },
    gateway: { ...wayIn('tls'), ...routedTo(SERVICE) },
    connections: 1,
    meanwhile: {
      [BEFORE]: { tls: FIRST },
      [AFTER]: { tls: RENEWED },
      [NEW_RPC]: {
        rpc: { status: 'OK', count: 1, servedBy: { service: SERVICE } },
        ledger: { attempts: 1 },
        gateway: { ...wayIn('tls'), ...routedTo(SERVICE) },
      },
    },
  },
  sabotages: [
    {
      name: 'a key that is not the new certificate’s',
      change: { actions: rotated('key of another') },
      caughtBy: `certificate's names (${AFTER}): expected DNS:${HOST}, DNS:renewed.${HOST}, got DNS:${HOST}`,
    },
    shortStreams('grpc-status (call 1 of 50): expected OK, got'),
  ],
}));

export const rotationCases: readonly Case[] = underStreams;
