import type { HttpInvocation } from '../../src/clients/invocation.ts';
import type { Transport } from '../../src/clients/target.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import type { MetadataExpectation } from '../../src/conformance/expectation.ts';
import { HTTP, SERVICE, webWayIn } from '../grpc-web/expectations.ts';
import { seedMatch } from '../grpc-web/sabotages.ts';
import { METHODS, TRANSPORTS, requestsFor } from '../requests.ts';
import { cases as pages } from './pages.ts';
import { cases as policies } from './policies.ts';
import { anyOrigin, headerNotAllowed, noExposeHeaders, otherOrigin } from './sabotages.ts';

/** The seed's page, and some that are not it. */
const PAGE = 'https://myapp.example.com';
const FOREIGN = 'https://evil.example.com';
const OTHERS = {
  'another-site': FOREIGN,
  'another-scheme': 'http://myapp.example.com',
  'a-longer-name': 'https://myapp.example.com.evil.example',
  'no-site': 'null',
} as const;
/** What a browser asks for before a gRPC-Web call: every header that it would not send of its own. */
const ASKED = 'content-type,grpc-timeout,x-grpc-web,x-user-agent';
const EXPOSED = 'grpc-status,grpc-message,grpc-status-details-bin';

const preflight = (transport: Transport, http: '1.1' | '2', origin: string): HttpInvocation => ({
  client: 'http',
  transport,
  http,
  verb: 'OPTIONS',
  path: `/${METHODS.greeter.unary}`,
  headers: {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': ASKED,
  },
});

const allowed = expand({ transport: TRANSPORTS, http: HTTP }, ({ transport, http }): Case => ({
  name: 'cors/preflight/allowed',
  row: 'S9',
  title: 'The gateway answers the preflight of the allowed page itself, and allows what gRPC-Web needs.',
  configuration: 'grpc-web',
  invocation: preflight(transport, http, PAGE),
  expectation: {
    http: {
      status: 200,
      headers: {
        'access-control-allow-origin': PAGE,
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': ASKED,
        'access-control-expose-headers': EXPOSED,
        'access-control-max-age': '86400',
      },
      body: '',
    },
    ledger: { attempts: 0 },
    gateway: { ...webWayIn(transport, http), method: 'OPTIONS', responseCode: 200, upstreamHost: null },
  },
  sabotages: [
    otherOrigin('header access-control-allow-origin'),
    noExposeHeaders('header access-control-expose-headers'),
    seedMatch('HTTP status: expected 200'),
    headerNotAllowed('header access-control-allow-headers'),
  ],
}));

const NOT_ALLOWED: MetadataExpectation = {
  'access-control-allow-origin': null,
  'access-control-allow-methods': null,
  'access-control-allow-headers': null,
  'access-control-expose-headers': null,
};

const refused = expand(
  {
    origin: ['another-site', 'another-scheme', 'a-longer-name', 'no-site'],
    transport: TRANSPORTS,
    http: HTTP,
  },
  ({ origin, transport, http }): Case => ({
    name: 'cors/preflight/refused',
    row: 'S9',
    title: 'The preflight of another page is allowed nothing, so that its browser makes no call.',
    configuration: 'grpc-web',
    invocation: preflight(transport, http, OTHERS[origin]),
    expectation: {
      // Istio has Envoy forward what it does not allow, and the gRPC server makes nothing of OPTIONS.
      http: { status: 415, headers: NOT_ALLOWED },
      gateway: {
        ...webWayIn(transport, http),
        method: 'OPTIONS',
        responseCode: 415,
        responseCodeDetails: 'via_upstream',
        upstreamHost: /:50051$/,
      },
    },
    sabotages: [anyOrigin('header access-control-allow-origin: expected nothing')],
  }),
);

const call = (transport: Transport, http: '1.1' | '2', origin: string) =>
  ({
    client: 'grpc-web',
    transport,
    http,
    mode: 'binary',
    method: METHODS.greeter.unary,
    requests: requestsFor('unary', 1, 100),
    metadata: { origin },
    deadlineMs: 10_000,
  }) as const;
const READABLE: MetadataExpectation = {
  'access-control-allow-origin': PAGE,
  'access-control-expose-headers': EXPOSED,
};

const called = expand({ transport: TRANSPORTS, http: HTTP }, ({ transport, http }): Case => ({
  name: 'cors/call/allowed',
  row: 'S9',
  title: 'The allowed page may read the reply to its call.',
  configuration: 'grpc-web',
  invocation: call(transport, http, PAGE),
  expectation: {
    rpc: {
      status: 'OK',
      statusFrom: 'trailers frame',
      count: 1,
      payloadBytes: 100,
      servedBy: { service: SERVICE },
      initialMetadata: READABLE,
    },
    ledger: { attempts: 1, service: SERVICE, received: 1 },
    gateway: { ...webWayIn(transport, http), method: 'POST', responseCode: 200 },
  },
  sabotages: [
    otherOrigin('initial metadata access-control-allow-origin'),
    noExposeHeaders('initial metadata access-control-expose-headers'),
  ],
}));

/** A status among the headers is what exposeHeaders is for: a page reads no other header. */
const failed = expand({ transport: TRANSPORTS, http: HTTP }, ({ transport, http }): Case => ({
  name: 'cors/call/failed',
  row: 'S9',
  title: 'The allowed page may read the status of a reply that has it among its headers.',
  configuration: 'grpc-web',
  invocation: {
    ...call(transport, http, PAGE),
    script: { steps: [{ status: 'NOT_FOUND', message: 'no such greeting' }] },
  },
  expectation: {
    rpc: {
      status: 'NOT_FOUND',
      details: 'no such greeting',
      statusFrom: 'headers',
      count: 0,
      trailers: READABLE,
    },
    ledger: { attempts: 1, service: SERVICE },
    gateway: { ...webWayIn(transport, http), method: 'POST', responseCode: 200, grpcStatus: 5 },
  },
  sabotages: [
    noExposeHeaders('trailer access-control-expose-headers'),
    otherOrigin('trailer access-control-allow-origin'),
  ],
}));

/** CORS is kept by browsers: the call of another page is served, and its browser does not let it read the reply. */
const foreign = expand({ transport: TRANSPORTS, http: HTTP }, ({ transport, http }): Case => ({
  name: 'cors/call/foreign',
  row: 'S9',
  title: 'The call of another page gets a reply that no browser lets it read.',
  configuration: 'grpc-web',
  invocation: call(transport, http, FOREIGN),
  expectation: {
    rpc: { status: 'OK', count: 1, initialMetadata: NOT_ALLOWED },
    ledger: { attempts: 1, service: SERVICE },
    gateway: { ...webWayIn(transport, http), method: 'POST', responseCode: 200 },
  },
  sabotages: [anyOrigin('initial metadata access-control-allow-origin: expected nothing')],
}));

export const cases: readonly Case[] = [
  ...allowed,
  ...refused,
  ...called,
  ...failed,
  ...foreign,
  ...policies,
  ...pages,
];
