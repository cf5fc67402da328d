import { expand, type Case } from '../../src/conformance/model.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { METHODS, SAYS_SECRET, TRANSPORTS } from '../requests.ts';
import { FACTS, asks, withField, without, withoutField } from './facts.ts';

const GREETER = 'grpc-service';
const changing = (what: string) => ({ 'x-change': what });
/** The Greeter's own routes are not there: what it is asked for is its health. */
const answered = { rpc: { status: 'OK', count: 1, servedBy: { service: GREETER } } } as const;

const rewritten = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'routing/rewritten/path',
  ...FACTS,
  title: 'A prefix that the service does not know is taken off before it sees the path.',
  invocation: asks(transport, {}, 'v2/mypackage.UserService/GetUser'),
  expectation: {
    rpc: { status: 'OK', count: 1, servedBy: { service: 'user-grpc-service' } },
    ledger: { attempts: 1, service: 'user-grpc-service' },
    gateway: {
      ...wayIn(transport),
      ...routedTo('user-grpc-service'),
      routeName: 'rewritten',
      path: '/v2/mypackage.UserService/GetUser',
    },
  },
  sabotages: [
    withoutField('no rewrite', 'rewritten', '/rewrite', 'grpc-status: expected OK, got UNIMPLEMENTED'),
    without('rewritten', 'access log responseCodeDetails: expected via_upstream, got route_not_found'),
  ],
}));

const authority = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'routing/rewritten/authority',
  ...FACTS,
  title: 'The authority that the service sees is the one that its route says.',
  invocation: asks(transport, changing('authority')),
  expectation: {
    ...answered,
    ledger: { attempts: 1, service: GREETER, authority: 'inner.example.com' },
    gateway: { ...routedTo(GREETER), routeName: 'authority-rewritten' },
  },
  sabotages: [without('authority-rewritten', 'authority: expected inner.example.com, got grpc.example.com')],
}));

const SENT = { ...changing('headers'), 'x-set': 'by-the-client', 'x-added': 'first', 'x-removed': 'gone' };

const headers = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'routing/headers/request',
  ...FACTS,
  title: 'A route sets, adds and removes request metadata.',
  invocation: asks(transport, SENT),
  expectation: {
    ...answered,
    ledger: {
      attempts: 1,
      service: GREETER,
      metadata: {
        'x-set': 'by-the-route',
        'x-forwarded-team': 'routing',
        'x-added': ['first', 'second'],
        'x-removed': null,
      },
    },
    gateway: { ...wayIn(transport), ...routedTo(GREETER), routeName: 'headers-changed' },
  },
  sabotages: [
    without('headers-changed', 'request metadata: x-removed: expected nothing, got gone'),
    withField(
      'set and added to another name',
      'headers-changed',
      '/headers/request',
      { set: { 'x-sett': 'by-the-route' } },
      'request metadata: x-set: expected by-the-route, got by-the-client',
    ),
  ],
}));

const responseHeaders = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'routing/headers/response',
  ...FACTS,
  title: 'A route sets and removes initial metadata, and leaves the trailers alone.',
  invocation: {
    ...asks(transport, changing('headers'), METHODS.greeter.unary),
    script: SAYS_SECRET,
  },
  expectation: {
    rpc: {
      ...answered.rpc,
      initialMetadata: { 'x-secret': null, 'x-answered-by': 'the-route' },
      trailers: { 'x-secret': 'inner' },
    },
    ledger: { attempts: 1, service: GREETER },
    gateway: { ...wayIn(transport), ...routedTo(GREETER), routeName: 'headers-changed' },
  },
  sabotages: [
    withoutField(
      'no response headers changed',
      'headers-changed',
      '/headers/response',
      'initial metadata x-secret: expected nothing, got inner',
    ),
  ],
}));

/** The client is answered once; the copy's answer is thrown away. */
const mirrored = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'routing/mirrored',
  ...FACTS,
  title: 'A mirrored RPC reaches the second service too, and its client does not notice.',
  invocation: asks(transport, changing('mirror')),
  expectation: {
    rpc: { status: 'OK', count: 1, servedBy: { service: 'order-grpc-service' } },
    ledger: { attempts: 2, services: ['order-grpc-service', 'user-grpc-service'] },
    gateway: { ...wayIn(transport), ...routedTo('order-grpc-service'), routeName: 'mirrored' },
  },
  sabotages: [
    withField(
      'mirrored elsewhere',
      'mirrored',
      '/mirrors/0/destination/host',
      'streaming-service',
      'services: expected order-grpc-service, user-grpc-service, got order-grpc-service, streaming-service',
    ),
    withoutField(
      'no mirror',
      'mirrored',
      '/mirrors',
      'attempts: expected 2 (order-grpc-service, user-grpc-service), got 1',
    ),
  ],
}));

const SAMPLES = 2_000;

/**
 * Of 2000 RPCs 500 are due to the second service. Each is drawn by itself, so that the standard deviation is
 * sqrt(2000 x 0.25 x 0.75) = 19.4: six of them either way are missed by one run in 500 million.
 */
const weights: Case = {
  name: 'routing/weights',
  ...FACTS,
  title: `Of ${SAMPLES} RPCs on one channel three quarters go one way and a quarter the other.`,
  invocation: { ...asks('h2c', changing('weights')), calls: SAMPLES, lanes: 8 },
  alone: true,
  limitMs: 300_000,
  expectation: {
    rpc: { status: 'OK', count: 1 },
    connections: 1,
    spread: {
      services: {
        'user-grpc-service': { min: 1_384, max: 1_616 },
        'order-grpc-service': { min: 384, max: 616 },
      },
    },
  },
  sabotages: [
    withField(
      'equal weights',
      'weighted',
      '/route',
      ['user-grpc-service', 'order-grpc-service'].map((host) => ({
        destination: { host, port: { number: 50051 } },
        weight: 50,
      })),
      'RPCs answered by order-grpc-service: expected 384 to 616, got',
    ),
  ],
};

export const changeCases: readonly Case[] = [
  ...rewritten,
  ...authority,
  ...headers,
  ...responseHeaders,
  ...mirrored,
  weights,
];
