import type { TlsExpectation } from '../../src/conformance/expectation.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { HOST, requestsSeen, routedTo, wayIn } from '../expectations.ts';
import { METHODS, RPC_KINDS, repliesTo, requestsFor } from '../requests.ts';
import { framed, served } from '../plain-grpc.ts';
import {
  alpnWithoutH2,
  alpnWithoutHttp1,
  expired,
  gatewayOfAnyHost,
  gatewayOfOtherHost,
  keyOfAnother,
  otherHostsCertificate,
  plaintextOn443,
  secretElsewhere,
  secretMisnamed,
  secretMissing,
  tls12Only,
  tls13Only,
  untrusted,
} from './sabotages.ts';

const REQUESTS = 3;
const PAYLOAD = 100;
const NOT_VERIFIED = 'verified chain and name: expected yes, got no';
const NO_RPC = 'grpc-status: expected OK, got UNAVAILABLE';

const trusted = { authorized: true, error: '', issuer: 'meshproof test CA', subjectAltName: `DNS:${HOST}` };

/** What ALPN picks of what a client offers. The gateway has its own order: HTTP/2 first, whatever the client's. */
const OFFERS = {
  h2: { alpn: ['h2'], picked: 'h2' },
  'h2-then-http1': { alpn: ['h2', 'http/1.1'], picked: 'h2' },
  'http1-then-h2': { alpn: ['http/1.1', 'h2'], picked: 'h2' },
  http1: { alpn: ['http/1.1'], picked: 'http/1.1' },
  /** Envoy lets it pass; by RFC 7301 a server ends such a handshake. */
  unknown: { alpn: ['spdy/3.1'], picked: '' },
  nothing: { alpn: [], picked: '' },
} as const;

const alpn = expand({ offer: Object.keys(OFFERS) as (keyof typeof OFFERS)[] }, ({ offer }): Case => {
  const { alpn: offered, picked } = OFFERS[offer];
  return {
    name: 'tls-gateway/alpn',
    row: 'S1',
    title:
      picked === ''
        ? `Of ${offered[0] ?? 'nothing'} ALPN picks nothing, and the handshake goes through.`
        : `Of ${offered.join(' and ')}, in this order, ALPN picks ${picked}.`,
    configuration: 'catch-all',
    invocation: { client: 'tls', alpn: offered },
    expectation: { tls: { ...trusted, alpn: picked, version: 'TLSv1.3' } },
    sabotages:
      picked === 'h2'
        ? [alpnWithoutH2('ALPN: expected h2, got')]
        : picked === 'http/1.1'
          ? [alpnWithoutHttp1('ALPN: expected http/1.1, got')]
          : [secretMissing(NOT_VERIFIED)],
  };
});

const versions = expand({ version: ['1.2', '1.3'] }, ({ version }): Case => ({
  name: 'tls-gateway/version',
  row: 'S1',
  title: `A client that has nothing newer than TLS ${version} gets a handshake, and h2 in it.`,
  configuration: 'catch-all',
  invocation: { client: 'tls', alpn: ['h2'], maxVersion: `TLSv${version}` },
  expectation: { tls: { ...trusted, alpn: 'h2', version: `TLSv${version}` } },
  sabotages: [version === '1.2' ? tls13Only(NOT_VERIFIED) : tls12Only('TLS version: expected TLSv1.3')],
}));

/** Each way in which a certificate can be wrong shows in the handshake already. */
const certificate: Case = {
  name: 'tls-gateway/certificate/verified',
  row: 'S1',
  title: "The gateway presents the Secret's certificate: its chain and its name can be verified.",
  configuration: 'catch-all',
  invocation: { client: 'tls', alpn: ['h2'] },
  expectation: { tls: { ...trusted, alpn: 'h2' } },
  sabotages: [
    secretMissing(NOT_VERIFIED),
    secretElsewhere(NOT_VERIFIED),
    secretMisnamed(NOT_VERIFIED),
    keyOfAnother(NOT_VERIFIED),
    expired(NOT_VERIFIED),
    otherHostsCertificate(NOT_VERIFIED),
    untrusted(NOT_VERIFIED),
    gatewayOfOtherHost(NOT_VERIFIED),
  ],
};

/**
 * Not one of them sees a gateway that has lost h2 from its ALPN: grpc-js does not ask what was picked, and Envoy knows
 * HTTP/2 by its preface (measured). The raw handshakes above see it, and grpcurl, for grpc-go insists on it.
 */
const rpcs = expand({ kind: RPC_KINDS }, ({ kind }): Case => {
  const requests = requestsFor(kind, REQUESTS, PAYLOAD);
  return {
    name: 'tls-gateway/rpc/grpc-js',
    row: 'S1',
    title: `A ${kind} RPC over TLS is answered.`,
    configuration: 'catch-all',
    invocation: {
      client: 'grpc-js',
      transport: 'tls',
      method: METHODS.greeter[kind],
      requests,
      deadlineMs: 10_000,
    },
    expectation: {
      rpc: { status: 'OK', ...repliesTo(kind, REQUESTS, PAYLOAD), servedBy: { service: 'grpc-service' } },
      ledger: {
        attempts: 1,
        service: 'grpc-service',
        ...requestsSeen(requests.length),
        halfClosed: true,
      },
      gateway: { ...wayIn('tls'), ...routedTo('grpc-service') },
    },
    sabotages: [
      secretMissing(NO_RPC),
      secretElsewhere(NO_RPC),
      secretMisnamed(NO_RPC),
      keyOfAnother(NO_RPC),
      expired('certificate has expired'),
      otherHostsCertificate(NO_RPC),
      gatewayOfOtherHost(NO_RPC),
    ],
  };
});

/** gRPC by clients that know nothing of it: its frames are made by hand. */
const httpClients = expand({ by: ['node-http2', 'undici'] }, ({ by }): Case => ({
  name: 'tls-gateway/rpc',
  row: 'S1',
  title: `${by === 'undici' ? 'undici' : 'node:http2'} reaches the service over TLS, trailers included.`,
  configuration: 'catch-all',
  invocation: { ...framed('tls', '2'), ...(by === 'undici' ? { by } : {}) },
  expectation: { ...served, gateway: { ...wayIn('tls'), ...routedTo('grpc-service') } },
  sabotages: [
    expired('certificate has expired'),
    // node:http2 goes on without ALPN, as grpc-js does, and Envoy knows HTTP/2 by its preface.
    by === 'undici'
      ? alpnWithoutH2('access log protocol: expected HTTP/2, got HTTP/1.1')
      : otherHostsCertificate('HTTP status: expected 200, got 0'),
  ],
}));

const grpcurl: Case = {
  name: 'tls-gateway/rpc/grpcurl',
  row: 'S1',
  title: 'grpcurl, which is made with grpc-go, verifies the certificate and demands h2 by ALPN.',
  configuration: 'catch-all',
  invocation: {
    client: 'grpcurl',
    arguments: [
      ...['-import-path', '$PROTO', '-proto', 'mypackage/greeter.proto', '-cacert', '$CA'],
      ...['-d', '{"name":"World"}', '-authority', HOST, '$GATEWAY_IP:443', METHODS.greeter.unary],
    ],
  },
  expectation: {
    rpc: {
      status: 'OK',
      count: 1,
      reply: { message: 'Hello World' },
      servedBy: { service: 'grpc-service' },
      process: { exitCode: 0, stderr: '' },
    },
    ledger: { attempts: 1, service: 'grpc-service' },
    gateway: { ...wayIn('tls'), ...routedTo('grpc-service') },
  },
  sabotages: [
    alpnWithoutH2('missing selected ALPN property'),
    expired('certificate has expired'),
    untrusted('certificate signed by unknown authority'),
  ],
};

/** The filter chain is chosen by SNI alone: the authority of a request is not known yet. */
const refusedHandshake: TlsExpectation = {
  alpn: '',
  version: '',
  authorized: false,
  error: /ECONNRESET|closed/,
};
const sni = expand({ sni: ['absent', 'of-another-host'] }, ({ sni: form }): Case => ({
  name: 'tls-gateway/sni',
  row: 'S1',
  title: `A handshake whose SNI is ${form.replaceAll('-', ' ')} fits no server of the Gateway and is cut off.`,
  configuration: 'catch-all',
  invocation: { client: 'tls', alpn: ['h2'], serverName: form === 'absent' ? '' : 'other.example.com' },
  expectation: { tls: refusedHandshake },
  sabotages: [gatewayOfAnyHost('ALPN: expected (empty), got h2')],
}));

const sniByRpc: Case = {
  name: 'tls-gateway/sni/of-another-host/grpc-js',
  row: 'S1',
  title: 'An RPC with the right authority and a wrong SNI never gets as far as a route.',
  configuration: 'catch-all',
  invocation: {
    client: 'grpc-js',
    transport: 'tls',
    method: METHODS.greeter.unary,
    authority: HOST,
    serverName: 'other.example.com',
    deadlineMs: 5_000,
  },
  expectation: {
    rpc: { status: 'UNAVAILABLE', details: /ECONNRESET|disconnected|closed/, count: 0, servedBy: null },
    ledger: { attempts: 0 },
    gateway: 'no line',
  },
  sabotages: [gatewayOfAnyHost('grpc-message: expected something like')],
};

/** The other way round: it is the client who must turn away. */
const publicTrust = expand({ client: ['tls', 'grpc-js'] }, ({ client }): Case => {
  const facts = {
    name: 'tls-gateway/untrusting',
    row: 'S1',
    title: 'A client that does not know the authority turns away from the gateway.',
    configuration: 'catch-all',
  } as const;
  return client === 'tls'
    ? {
        ...facts,
        invocation: { client, alpn: ['h2'], trust: 'public' },
        expectation: {
          tls: {
            alpn: 'h2',
            authorized: false,
            error: /UNABLE_TO_VERIFY|unable to verify/,
            subjectAltName: `DNS:${HOST}`,
          },
        },
        sabotages: [expired('TLS failure'), secretMissing("certificate's names")],
      }
    : {
        ...facts,
        invocation: {
          client,
          transport: 'tls',
          trust: 'public',
          method: METHODS.greeter.unary,
          deadlineMs: 5_000,
        },
        expectation: {
          rpc: { status: 'UNAVAILABLE', details: /unable to verify/, count: 0, servedBy: null },
          ledger: { attempts: 0 },
          gateway: 'no line',
        },
        sabotages: [secretMissing('grpc-message')],
      };
});

const plaintext = expand({ client: ['grpc-js', 'node-http2', 'http1'] }, ({ client }): Case => {
  const facts = {
    name: 'tls-gateway/plaintext-client',
    row: 'S1',
    title: 'A client that speaks no TLS to port 443 is cut off.',
    configuration: 'catch-all',
  } as const;
  return client === 'grpc-js'
    ? {
        ...facts,
        invocation: {
          client,
          transport: 'h2c',
          listener: 'tls',
          method: METHODS.greeter.unary,
          deadlineMs: 5_000,
        },
        expectation: {
          rpc: { status: 'UNAVAILABLE', details: /Failed to connect|ECONNRESET/, count: 0, servedBy: null },
          ledger: { attempts: 0 },
          gateway: 'no line',
        },
        sabotages: [plaintextOn443('grpc-status: expected UNAVAILABLE, got OK')],
      }
    : {
        ...facts,
        invocation: { ...framed('h2c', client === 'http1' ? '1.1' : '2'), listener: 'tls' },
        expectation: {
          http: { status: 0, error: /socket|ECONNRESET|closed|Protocol error/ },
          ledger: { attempts: 0 },
          gateway: 'no line',
        },
        sabotages: [plaintextOn443('HTTP status: expected 0, got 200')],
      };
});

export const cases: readonly Case[] = [
  ...alpn,
  ...versions,
  certificate,
  ...rpcs,
  ...httpClients,
  grpcurl,
  ...sni,
  sniByRpc,
  ...publicTrust,
  ...plaintext,
];
