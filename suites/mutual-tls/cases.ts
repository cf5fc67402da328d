import type { ClientCertificate } from '../../src/clients/target.ts';
import { expand, type Case, type Sabotage } from '../../src/conformance/model.ts';
import { answeredByGreeter } from '../every-kind.ts';
import { HOST, routedTo, wayIn } from '../expectations.ts';
import { framed, served } from '../plain-grpc.ts';
import { METHODS, RPC_KINDS } from '../requests.ts';
import { optional, otherClientsAuthority, simple, trustedAfterAll } from './sabotages.ts';

const FACTS = { row: 'S1', configuration: 'mutual-tls' } as const;
const gateway = { ...wayIn('tls'), ...routedTo('grpc-service') };
/** The gateway tells the service who has come. */
const IDENTITY = { 'x-forwarded-client-cert': /Hash=[0-9a-f]{64}.*CN=client\.example\.com/ } as const;
const NO_IDENTITY = 'request metadata: x-forwarded-client-cert: expected something like';
const GRPCURL = ['-import-path', '$PROTO', '-proto', 'mypackage/greeter.proto', '-cacert', '$CA'];
const CALL = ['-authority', HOST, '$GATEWAY_IP:443', METHODS.greeter.unary];

const rpcs = expand({ kind: RPC_KINDS }, ({ kind }): Case => {
  const { invocation, expectation } = answeredByGreeter(kind, 'tls');
  return {
    name: 'mutual-tls/shown/grpc-js',
    ...FACTS,
    title: `A ${kind} RPC of a client that shows a certificate is answered, and the service is told whose it is.`,
    invocation: { ...invocation, clientCertificate: 'trusted' },
    expectation: { ...expectation, ledger: { ...expectation.ledger, metadata: IDENTITY } },
    sabotages: [simple(NO_IDENTITY), otherClientsAuthority('grpc-status: expected OK, got UNAVAILABLE')],
  };
});

const others = expand({ by: ['node-http2', 'undici'] }, ({ by }): Case => ({
  name: 'mutual-tls/shown',
  ...FACTS,
  title: `${by === 'undici' ? 'undici' : 'node:http2'} gets through with its certificate.`,
  invocation: { ...framed('tls', '2'), clientCertificate: 'trusted', ...(by === 'undici' ? { by } : {}) },
  expectation: { ...served, ledger: { ...served.ledger, attempts: 1, metadata: IDENTITY }, gateway },
  sabotages: [simple(NO_IDENTITY), otherClientsAuthority('HTTP status: expected 200, got 0')],
}));

const grpcurl: Case = {
  name: 'mutual-tls/shown/grpcurl',
  ...FACTS,
  title: 'grpcurl gets through with -cert and -key.',
  invocation: {
    client: 'grpcurl',
    clientCertificate: 'trusted',
    arguments: [...GRPCURL, '-cert', '$CLIENT_CERTIFICATE', '-key', '$CLIENT_KEY', ...CALL],
  },
  expectation: {
    rpc: { status: 'OK', count: 1, servedBy: { service: 'grpc-service' }, process: { exitCode: 0 } },
    ledger: { attempts: 1, service: 'grpc-service', metadata: IDENTITY },
    gateway,
  },
  sabotages: [simple(NO_IDENTITY), otherClientsAuthority('exit code of grpcurl: expected 0, got 1')],
};

/**
 * What an HTTP client has of being turned away: the alert, or the reset alone where that overtakes it. Linux reports a
 * reset once: where a write has taken it, the read just ends, which undici and Node each say in their own way.
 */
const turnedAwayBy = (alert: string): RegExp =>
  new RegExp(`alert ${alert}|ECONNRESET|EPIPE|other side closed|reset with HTTP/2 code 8`);

/** Why a client is turned away, and the alert that tells it so (RFC 8446, section 6.2). */
const TURNED_AWAY = {
  none: {
    shows: undefined,
    title: 'shows no certificate',
    alert: turnedAwayBy('certificate required'),
  },
  'of-another-authority': {
    shows: 'other authority',
    title: 'shows a certificate of another authority',
    alert: turnedAwayBy('unknown ca'),
  },
  expired: {
    shows: 'expired',
    title: 'shows a certificate that has expired',
    alert: turnedAwayBy('certificate expired'),
  },
} as const satisfies Record<string, { shows: ClientCertificate | undefined; title: string; alert: RegExp }>;
type Reason = keyof typeof TURNED_AWAY;
const REASONS = Object.keys(TURNED_AWAY) as Reason[];

const waysIn = (reason: Reason, caughtBy: string): [Sabotage, ...Sabotage[]] => [
  simple(caughtBy),
  ...(reason === 'none' ? [optional(caughtBy)] : []),
];

/** With TLS 1.3 the client has finished its handshake before its certificate is looked at; with 1.2 it has not. */
const handshakes = expand({ reason: REASONS }, ({ reason }): Case => {
  const { shows, title } = TURNED_AWAY[reason];
  return {
    name: 'mutual-tls/turned-away/handshake-1.2',
    ...FACTS,
    title: `The handshake of TLS 1.2 fails for a client that ${title}.`,
    invocation: {
      client: 'tls',
      alpn: ['h2'],
      maxVersion: 'TLSv1.2',
      ...(shows === undefined ? {} : { clientCertificate: shows }),
    },
    expectation: { tls: { alpn: '', version: '', authorized: false, error: /alert|ECONNRESET/ } },
    sabotages: [
      ...waysIn(reason, 'verified chain and name: expected no, got yes'),
      trustedAfterAll('verified chain and name: expected no, got yes'),
    ],
  };
});

const grpcJs = expand({ reason: REASONS }, ({ reason }): Case => {
  const { shows, title } = TURNED_AWAY[reason];
  const { invocation } = answeredByGreeter('unary', 'tls');
  return {
    name: 'mutual-tls/turned-away/grpc-js',
    ...FACTS,
    title: `An RPC of a client that ${title} never gets as far as a route.`,
    invocation: {
      ...invocation,
      deadlineMs: 5_000,
      ...(shows === undefined ? {} : { clientCertificate: shows }),
    },
    expectation: {
      rpc: { status: 'UNAVAILABLE', count: 0, servedBy: null },
      ledger: { attempts: 0 },
      gateway: 'no line',
    },
    sabotages: [
      ...waysIn(reason, 'grpc-status: expected UNAVAILABLE, got OK'),
      trustedAfterAll('grpc-status: expected UNAVAILABLE, got OK'),
    ],
  };
});

const http = expand({ by: ['node-http2', 'undici'], reason: REASONS }, ({ by, reason }): Case => {
  const { shows, title, alert } = TURNED_AWAY[reason];
  return {
    name: 'mutual-tls/turned-away',
    ...FACTS,
    title: `${by === 'undici' ? 'undici' : 'node:http2'} is turned away when it ${title}.`,
    invocation: {
      ...framed('tls', '2'),
      ...(by === 'undici' ? { by } : {}),
      ...(shows === undefined ? {} : { clientCertificate: shows }),
    },
    expectation: { http: { status: 0, error: alert }, ledger: { attempts: 0 }, gateway: 'no line' },
    sabotages: waysIn(reason, 'HTTP status: expected 0, got 200'),
  };
});

const grpcurlTurnedAway = expand({ reason: REASONS }, ({ reason }): Case => {
  const { shows, title } = TURNED_AWAY[reason];
  const own = shows === undefined ? [] : ['-cert', '$CLIENT_CERTIFICATE', '-key', '$CLIENT_KEY'];
  return {
    name: 'mutual-tls/turned-away/grpcurl',
    ...FACTS,
    title: `grpcurl is turned away when it ${title}, and says so at once.`,
    invocation: {
      client: 'grpcurl',
      arguments: [...GRPCURL, '-connect-timeout', '3', ...own, ...CALL],
      ...(shows === undefined ? {} : { clientCertificate: shows }),
    },
    expectation: {
      rpc: { status: 'UNAVAILABLE', count: 0, servedBy: null },
      ledger: { attempts: 0 },
      gateway: 'no line',
    },
    sabotages: waysIn(reason, 'grpc-status: expected UNAVAILABLE, got OK'),
  };
});

/** Certificates in both directions: the Gateway's mode MUTUAL. */
export const cases: readonly Case[] = [
  ...rpcs,
  ...others,
  grpcurl,
  ...handshakes,
  ...grpcJs,
  ...http,
  ...grpcurlTurnedAway,
];
