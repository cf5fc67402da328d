import { expand, type Case } from '../../src/conformance/model.ts';
import { answeredByGreeter } from '../every-kind.ts';
import { HOST, routedTo, wayIn } from '../expectations.ts';
import { framed, served } from '../plain-grpc.ts';
import { METHODS, RPC_KINDS, repliesTo, requestsFor } from '../requests.ts';
import {
  http1Client,
  httpsRedirect,
  noPlaintextServer,
  plaintextClientOn443,
  plaintextOn443,
  tlsClientOn80,
  tlsOn80,
} from './sabotages.ts';

const PAYLOAD = 100;
/**
 * No client of gRPC gets to see the redirect: Envoy turns its own 301 into HTTP 200 with grpc-status 2 and no word of
 * explanation when the request is gRPC (measured). Only the access log says what it was.
 */
const REDIRECTED = 'expected via_upstream, got direct_response';
const NO_RPC = 'grpc-status: expected OK, got UNAVAILABLE';

/** HTTP/2 with prior knowledge: no TLS, no upgrade, the connection begins with the preface of HTTP/2. */
const rpcs = expand({ kind: RPC_KINDS }, ({ kind }): Case => {
  return {
    name: 'h2c/rpc/grpc-js',
    row: 'S3',
    title: `A ${kind} RPC in plaintext is answered.`,
    configuration: 'catch-all',
    ...answeredByGreeter(kind, 'h2c'),
    sabotages: [
      httpsRedirect(REDIRECTED),
      noPlaintextServer(NO_RPC),
      tlsOn80(NO_RPC),
      tlsClientOn80('wrong version number'),
      plaintextClientOn443(NO_RPC),
    ],
  };
});

const httpClients = expand({ by: ['node-http2', 'undici'] }, ({ by }): Case => ({
  name: 'h2c/rpc',
  row: 'S3',
  title: `${by === 'undici' ? 'undici' : 'node:http2'} speaks HTTP/2 with prior knowledge and gets the trailers.`,
  configuration: 'catch-all',
  invocation: { ...framed('h2c', '2'), ...(by === 'undici' ? { by } : {}) },
  expectation: { ...served, gateway: { ...wayIn('h2c'), ...routedTo('grpc-service') } },
  sabotages: [httpsRedirect(REDIRECTED), http1Client('access log protocol: expected HTTP/2, got HTTP/1.1')],
}));

const COMMAND = ['-import-path', '$PROTO', '-proto', 'mypackage/greeter.proto', '-d', '{"name":"World"}'];

const grpcurl: Case = {
  name: 'h2c/rpc/grpcurl',
  row: 'S3',
  title: 'grpcurl -plaintext, which is made with grpc-go, speaks HTTP/2 with prior knowledge.',
  configuration: 'catch-all',
  invocation: {
    client: 'grpcurl',
    arguments: [...COMMAND, '-plaintext', '-authority', HOST, '$GATEWAY_IP:80', METHODS.greeter.unary],
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
    gateway: { ...wayIn('h2c'), ...routedTo('grpc-service') },
  },
  sabotages: [httpsRedirect(REDIRECTED), tlsOn80(NO_RPC)],
};

/** One connection after another would hide that a server closes it after each answer. */
const oneConnection: Case = {
  name: 'h2c/rpc/many-on-one-connection',
  row: 'S3',
  title: 'One plaintext connection carries any number of RPCs.',
  configuration: 'catch-all',
  invocation: {
    client: 'grpc-js',
    transport: 'h2c',
    method: METHODS.greeter.unary,
    requests: requestsFor('unary', 1, PAYLOAD),
    calls: 20,
    deadlineMs: 10_000,
  },
  expectation: {
    rpc: { status: 'OK', ...repliesTo('unary', 1, PAYLOAD), servedBy: { service: 'grpc-service' } },
    ledger: { attempts: 1, service: 'grpc-service' },
    gateway: { ...wayIn('h2c'), ...routedTo('grpc-service') },
  },
  sabotages: [httpsRedirect(REDIRECTED)],
};

/**
 * HTTP/1.1 can have trailers, and Envoy does not send them on: the answer looks whole, and says nowhere how the RPC
 * ended. This is why a gRPC client must not fall back to HTTP/1.1.
 */
const http1: Case = {
  name: 'h2c/http1-client',
  row: 'S3',
  title: 'gRPC over HTTP/1.1 reaches the service, and its status is lost on the way back.',
  configuration: 'catch-all',
  invocation: framed('h2c', '1.1'),
  expectation: {
    http: {
      status: 200,
      headers: { 'content-type': /^application\/grpc/, 'grpc-status': null },
      trailers: { 'grpc-status': null },
      error: '',
    },
    ledger: { attempts: 1, service: 'grpc-service' },
    gateway: { ...wayIn('h2c'), ...routedTo('grpc-service'), protocol: 'HTTP/1.1' },
  },
  sabotages: [httpsRedirect(REDIRECTED), noPlaintextServer('HTTP status')],
};

const tlsClient = expand({ client: ['tls', 'grpc-js', 'grpcurl'] }, ({ client }): Case => {
  const facts = {
    name: 'h2c/tls-client',
    row: 'S3',
    title: 'A client that speaks TLS to port 80 is told in no words at all; its own say what is wrong.',
    configuration: 'catch-all',
  } as const;
  switch (client) {
    case 'tls':
      return {
        ...facts,
        invocation: { client, alpn: ['h2'], listener: 'h2c' },
        expectation: {
          tls: { alpn: '', version: '', authorized: false, error: /wrong version number|packet length/ },
        },
        sabotages: [tlsOn80('ALPN: expected (empty), got h2')],
      };
    case 'grpc-js':
      return {
        ...facts,
        invocation: {
          client,
          transport: 'tls',
          listener: 'h2c',
          method: METHODS.greeter.unary,
          deadlineMs: 5_000,
        },
        expectation: {
          rpc: {
            status: 'UNAVAILABLE',
            details: /wrong version number|packet length/,
            count: 0,
            servedBy: null,
          },
          ledger: { attempts: 0 },
          gateway: 'no line',
        },
        sabotages: [tlsOn80('grpc-status: expected UNAVAILABLE, got OK')],
      };
    case 'grpcurl':
      return {
        ...facts,
        invocation: {
          client,
          arguments: [
            ...COMMAND,
            '-cacert',
            '$CA',
            '-authority',
            HOST,
            '$GATEWAY_IP:80',
            METHODS.greeter.unary,
          ],
        },
        expectation: {
          rpc: {
            status: 'UNAVAILABLE',
            count: 0,
            servedBy: null,
            process: { exitCode: 1, stderr: /first record does not look like a TLS handshake/ },
          },
          ledger: { attempts: 0 },
          gateway: 'no line',
        },
        sabotages: [tlsOn80('grpc-status: expected UNAVAILABLE, got OK')],
      };
  }
});

const on443: Case = {
  name: 'h2c/plaintext-client-on-443/grpcurl',
  row: 'S3',
  title: 'grpcurl -plaintext to port 443 does not get through.',
  configuration: 'catch-all',
  invocation: {
    client: 'grpcurl',
    arguments: [
      ...[...COMMAND, '-plaintext', '-connect-timeout', '3', '-authority', HOST],
      ...['$GATEWAY_IP:443', METHODS.greeter.unary],
    ],
  },
  expectation: {
    rpc: { status: 'UNAVAILABLE', count: 0, servedBy: null, process: { exitCode: 1 } },
    ledger: { attempts: 0 },
    gateway: 'no line',
  },
  sabotages: [plaintextOn443('grpc-status: expected UNAVAILABLE, got OK')],
};

export const cases: readonly Case[] = [
  ...rpcs,
  ...httpClients,
  grpcurl,
  oneConnection,
  http1,
  ...tlsClient,
  on443,
];
