import { expand, type Case } from '../../src/conformance/model.ts';
import { answeredByGreeter } from '../every-kind.ts';
import { HOST, routedTo, wayIn } from '../expectations.ts';
import { framed, served } from '../plain-grpc.ts';
import { METHODS, RPC_KINDS, repliesTo, requestsFor } from '../requests.ts';
import { http1Cases } from './http1.ts';
import { COMMAND, wrongPortCases } from './wrong-port.ts';
import {
  http1Client,
  httpsRedirect,
  noPlaintextServer,
  plaintextClientOn443,
  tlsClientOn80,
  tlsOn80,
} from './sabotages.ts';

const PAYLOAD = 100;
/** What the report's table says of a client that gets through. */
const priorKnowledge = (line: string) =>
  ({ table: 'h2c-clients', line, column: 'prior knowledge', says: 'yes' }) as const;
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
    cell: priorKnowledge('grpc-js'),
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
  cell: priorKnowledge(by === 'undici' ? 'undici (H2CClient)' : 'node:http2'),
  invocation: { ...framed('h2c', '2'), ...(by === 'undici' ? { by } : {}) },
  expectation: { ...served, gateway: { ...wayIn('h2c'), ...routedTo('grpc-service') } },
  sabotages: [httpsRedirect(REDIRECTED), http1Client('access log protocol: expected HTTP/2, got HTTP/1.1')],
}));

/** What gRPC's own framing is in the body of an HTTP exchange: so many messages, and then the trailers. */
const shapes = expand(
  { by: ['node-http2', 'undici'], shape: ['server-stream', 'trailers-only'] },
  ({ by, shape }): Case => {
    const failing = shape === 'trailers-only';
    return {
      name: 'h2c/shape',
      row: 'S3',
      title: `${by === 'undici' ? 'undici' : 'node:http2'} gets ${failing ? 'a status that comes as headers' : 'a stream of replies and the trailers after it'}.`,
      configuration: 'catch-all',
      invocation: {
        ...framed('h2c', '2'),
        ...(by === 'undici' ? { by } : {}),
        script: {
          steps: failing
            ? [{ status: 'NOT_FOUND', message: 'nobody' }]
            : [{ messages: { count: 3 } }, { status: 'OK', trailers: { 'x-stream': 'whole' } }],
        },
      },
      expectation: {
        http: {
          status: 200,
          headers: {
            'content-type': /^application\/grpc/,
            'grpc-status': failing ? '5' : null,
            'grpc-message': failing ? 'nobody' : null,
          },
          trailers: failing ? { 'grpc-status': null } : { 'grpc-status': '0', 'x-stream': 'whole' },
          error: '',
        },
        ledger: { attempts: 1, service: 'grpc-service', perAttempt: [{ trailersOnly: failing }] },
        gateway: { ...wayIn('h2c'), ...routedTo('grpc-service', failing ? 5 : 0) },
      },
      sabotages: [
        httpsRedirect(REDIRECTED),
        http1Client('access log protocol: expected HTTP/2, got HTTP/1.1'),
      ],
    };
  },
);

/** grpcurl reads one message after another from what it is given. */
const grpcurl = expand({ kind: RPC_KINDS }, ({ kind }): Case => {
  const streams = kind === 'client-stream' || kind === 'bidi';
  const count = kind === 'bidi' || kind === 'server-stream' ? 2 : 1;
  const name = kind === 'unary' ? 'World' : 'many';
  const request = kind === 'server-stream' ? `{"name":"${name}","count":2}` : `{"name":"${name}"}`;
  return {
    name: 'h2c/rpc/grpcurl',
    row: 'S3',
    title: `grpcurl -plaintext, which is made with grpc-go, makes a ${kind} RPC with prior knowledge.`,
    configuration: 'catch-all',
    cell: priorKnowledge('grpcurl (grpc-go)'),
    invocation: {
      client: 'grpcurl',
      arguments: [
        ...[...COMMAND, '-d', streams ? `${request}${request}` : request],
        ...['-plaintext', '-authority', HOST, '$GATEWAY_IP:80', METHODS.greeter[kind]],
      ],
    },
    expectation: {
      rpc: {
        status: 'OK',
        count,
        ...(kind === 'client-stream'
          ? { reply: { received: 2 } }
          : { reply: { message: `Hello ${name}` }, servedBy: { service: 'grpc-service' } }),
        process: { exitCode: 0, stderr: '' },
      },
      ledger: { attempts: 1, service: 'grpc-service', received: streams ? 2 : 1, halfClosed: true },
      gateway: { ...wayIn('h2c'), ...routedTo('grpc-service') },
    },
    sabotages: [httpsRedirect(REDIRECTED), tlsOn80(NO_RPC)],
  };
});

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

/** Many streams side by side, as HTTP/2 is for. */
const sideBySide: Case = {
  name: 'h2c/rpc/side-by-side',
  row: 'S3',
  title: 'One plaintext connection carries 50 bidi RPCs at once.',
  configuration: 'catch-all',
  invocation: { ...answeredByGreeter('bidi', 'h2c').invocation, calls: 50, lanes: 50, connectFirst: true },
  expectation: { ...answeredByGreeter('bidi', 'h2c').expectation, connections: 1 },
  sabotages: [httpsRedirect(REDIRECTED)],
};

/** Hosts are compared without the port, whichever client names it. */
const authorities = expand(
  { by: ['grpc-js', 'node-http2', 'undici'], authority: ['with-port', 'upper-case'] },
  ({ by, authority: form }): Case => {
    const authority = form === 'with-port' ? `${HOST}:80` : HOST.toUpperCase();
    const facts = {
      name: 'h2c/authority',
      row: 'S3',
      title: `The authority ${authority} of ${by} is routed like ${HOST}.`,
      configuration: 'catch-all',
      sabotages: [httpsRedirect(REDIRECTED)],
    } as const;
    if (by === 'grpc-js') {
      const { invocation, expectation } = answeredByGreeter('unary', 'h2c');
      return {
        ...facts,
        invocation: { ...invocation, authority },
        expectation: { ...expectation, gateway: { ...expectation.gateway, authority } },
      };
    }
    return {
      ...facts,
      invocation: { ...framed('h2c', '2'), ...(by === 'undici' ? { by } : {}), authority },
      expectation: {
        ...served,
        gateway: {
          ...wayIn('h2c'),
          ...routedTo('grpc-service'),
          authority: form === 'with-port' ? authority : /^grpc\.example\.com$/i,
        },
      },
    };
  },
);

export const cases: readonly Case[] = [
  ...rpcs,
  ...httpClients,
  ...shapes,
  ...grpcurl,
  oneConnection,
  sideBySide,
  ...authorities,
  ...http1Cases,
  ...wrongPortCases,
];
