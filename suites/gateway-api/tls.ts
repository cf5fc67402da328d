import { expand, type Case, type Sabotage } from '../../src/conformance/model.ts';
import { HOST, routedTo } from '../expectations.ts';
import { PAYLOAD, REQUESTS, heldOpen } from '../held-open.ts';
import { jsonPatch } from '../patches.ts';
import { METHODS, repliesTo } from '../requests.ts';
import { FACTS, takenBy } from './facts.ts';

const TLS_FACTS = { ...FACTS, row: 'S1' } as const;
const trusted = { authorized: true, error: '', issuer: 'meshproof test CA', subjectAltName: `DNS:${HOST}` };
const NOT_VERIFIED = 'verified chain and name: expected yes, got no';

const listener = (name: string, path: string, value: unknown, caughtBy: string): Sabotage => ({
  name,
  change: {
    manifests: [
      jsonPatch('Gateway', 'grpc-gateway', { op: 'replace', path: `/spec/listeners/0${path}`, value }),
    ],
  },
  caughtBy,
});

const secretMissing = listener(
  'a certificateRef to nothing',
  '/tls/certificateRefs/0/name',
  'never-created',
  NOT_VERIFIED,
);

const OFFERS = { h2: ['h2'], 'http1-then-h2': ['http/1.1', 'h2'], http1: ['http/1.1'] } as const;

const alpn = expand({ offer: ['h2', 'http1-then-h2', 'http1'] }, ({ offer }): Case => ({
  name: 'gateway-api/tls/alpn',
  ...TLS_FACTS,
  title: `Of ${OFFERS[offer].join(' and ')} an HTTPS listener picks ${offer === 'http1' ? 'http/1.1' : 'h2'}, and its certificate is good.`,
  invocation: { client: 'tls', alpn: OFFERS[offer] },
  expectation: { tls: { ...trusted, alpn: offer === 'http1' ? 'http/1.1' : 'h2', version: 'TLSv1.3' } },
  sabotages: [secretMissing],
}));

const sni: Case = {
  name: 'gateway-api/tls/sni',
  ...TLS_FACTS,
  title: "A handshake whose SNI is not of the listener's hostname is cut off.",
  needs: ['gateway-api', 'direct-connection'],
  invocation: { client: 'tls', alpn: ['h2'], serverName: 'grpc.example.org' },
  expectation: { tls: { alpn: '', version: '', authorized: false, error: /ECONNRESET|closed/ } },
  sabotages: [
    {
      name: 'a listener of any host',
      change: {
        manifests: [
          jsonPatch('Gateway', 'grpc-gateway', { op: 'remove', path: '/spec/listeners/0/hostname' }),
        ],
      },
      caughtBy: 'ALPN: expected (empty), got h2',
    },
  ],
};

const grpcurl: Case = {
  name: 'gateway-api/tls/grpcurl',
  ...TLS_FACTS,
  row: 'S10',
  title: 'grpcurl, as a user types it, is answered through a Gateway of Gateway API.',
  invocation: {
    client: 'grpcurl',
    arguments: [
      ...['-import-path', '$PROTO', '-proto', 'mypackage/user_service.proto', '-cacert', '$CA'],
      ...['-authority', HOST, '$GATEWAY_IP:443', METHODS['user-service'].unary],
    ],
  },
  expectation: {
    rpc: { status: 'OK', count: 1, servedBy: { service: 'user-grpc-service' }, process: { exitCode: 0 } },
    ledger: { attempts: 1, service: 'user-grpc-service' },
    gateway: { ...takenBy('grpc-paths', 'tls', 0), ...routedTo('user-grpc-service') },
  },
  sabotages: [
    listener(
      'a certificateRef to nothing',
      '/tls/certificateRefs/0/name',
      'never-created',
      'exit code of grpcurl: expected 0',
    ),
  ],
};

const AFTER = 'after the rotation';

const rotation: Case = {
  name: 'gateway-api/tls/rotation-under-streams',
  ...TLS_FACTS,
  title:
    'Streams live on when the certificate of a certificateRef is renewed; a new connection is shown the new one.',
  invocation: heldOpen('tls', 'bidi', 10, 'user-service'),
  actions: [
    { await: 'response headers' },
    { apply: { certificate: 'renewed' } },
    { invoke: { client: 'tls', alpn: ['h2'] }, as: AFTER },
  ],
  limitMs: 60_000,
  expectation: {
    rpc: { status: 'OK', ...repliesTo('bidi', REQUESTS, PAYLOAD) },
    ledger: { attempts: 1, service: 'user-grpc-service', halfClosed: true, cancelled: false },
    gateway: { ...takenBy('grpc-paths', 'tls', 0), ...routedTo('user-grpc-service') },
    connections: 1,
    meanwhile: {
      [AFTER]: { tls: { alpn: 'h2', authorized: true, subjectAltName: `DNS:${HOST}, DNS:renewed.${HOST}` } },
    },
  },
  sabotages: [
    {
      name: 'a certificate that is not renewed',
      change: {
        actions: [{ await: 'response headers' }, { invoke: { client: 'tls', alpn: ['h2'] }, as: AFTER }],
      },
      caughtBy: `certificate's names (${AFTER}): expected DNS:${HOST}, DNS:renewed.${HOST}, got DNS:${HOST}`,
    },
  ],
};

/** TLS at a listener of Gateway API. */
export const tlsCases: readonly Case[] = [...alpn, sni, grpcurl, rotation];
