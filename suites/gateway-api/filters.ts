import type { Case } from '../../src/conformance/model.ts';
import { routedTo } from '../expectations.ts';
import { METHODS, SAYS_SECRET } from '../requests.ts';
import { FACTS, HEALTH, asks, onRoute, takenBy, takenByNone } from './facts.ts';

const ROUTE = 'grpc-filters';
const GREETER = 'grpc-service';

const SAMPLES = 1_000;

/** 1000 draws at 70 %: the standard deviation is 14.5, and six of them either way are missed once in 500 million. */
const weights: Case = {
  name: 'gateway-api/weights',
  ...FACTS,
  title: `Of ${SAMPLES} RPCs weights of 70, 30 and 0 give each backend its share (GRPCRouteWeight).`,
  invocation: { ...asks(ROUTE, 'h2c', HEALTH, { 'x-change': 'weights' }), calls: SAMPLES, lanes: 8 },
  alone: true,
  limitMs: 120_000,
  expectation: {
    rpc: { status: 'OK', count: 1 },
    spread: {
      services: {
        'user-grpc-service': { min: 613, max: 787 },
        'order-grpc-service': { min: 213, max: 387 },
        'streaming-service': 0,
      },
    },
  },
  sabotages: [
    onRoute(ROUTE, 'weights exchanged', 'RPCs answered by order-grpc-service: expected 213 to 387, got', {
      op: 'replace',
      path: '/spec/rules/0/backendRefs/0/weight',
      value: 10,
    }),
  ],
};

const request: Case = {
  name: 'gateway-api/filter/request-headers',
  ...FACTS,
  title: 'RequestHeaderModifier sets, adds and removes metadata.',
  invocation: asks(ROUTE, 'tls', HEALTH, {
    'x-change': 'headers',
    'x-set': 'by-the-client',
    'x-added': 'first',
    'x-removed': 'gone',
  }),
  expectation: {
    rpc: { status: 'OK', count: 1, servedBy: { service: GREETER } },
    ledger: {
      attempts: 1,
      metadata: { 'x-set': 'by-the-route', 'x-added': ['first', 'second'], 'x-removed': null },
    },
    gateway: { ...takenBy(ROUTE, 'tls', 1), ...routedTo(GREETER) },
  },
  sabotages: [
    onRoute(ROUTE, 'no request filter', 'request metadata: x-removed: expected nothing, got gone', {
      op: 'remove',
      path: '/spec/rules/1/filters/0',
    }),
  ],
};

const response: Case = {
  name: 'gateway-api/filter/response-headers',
  ...FACTS,
  title: 'ResponseHeaderModifier changes initial metadata, and leaves the trailers alone.',
  invocation: {
    ...asks(ROUTE, 'tls', METHODS.greeter.unary, { 'x-change': 'headers' }),
    script: SAYS_SECRET,
  },
  expectation: {
    rpc: {
      status: 'OK',
      count: 1,
      initialMetadata: { 'x-secret': null, 'x-answered-by': 'the-route' },
      trailers: { 'x-secret': 'inner' },
    },
    ledger: { attempts: 1, service: GREETER },
    gateway: { ...takenBy(ROUTE, 'tls', 1), ...routedTo(GREETER) },
  },
  sabotages: [
    onRoute(ROUTE, 'no response filter', 'initial metadata x-secret: expected nothing, got inner', {
      op: 'remove',
      path: '/spec/rules/1/filters/1',
    }),
  ],
};

const ofBackend: Case = {
  name: 'gateway-api/filter/of-one-backend',
  ...FACTS,
  title: 'A filter of one backend changes what goes to that backend.',
  invocation: asks(ROUTE, 'tls', HEALTH, { 'x-change': 'backend' }),
  expectation: {
    rpc: { status: 'OK', count: 1, servedBy: { service: GREETER } },
    ledger: { attempts: 1, metadata: { 'x-backend': 'greeter' } },
    gateway: { ...takenBy(ROUTE, 'tls', 2), ...routedTo(GREETER) },
  },
  sabotages: [
    onRoute(ROUTE, 'no filter of the backend', 'request metadata: x-backend: expected greeter, got nothing', {
      op: 'remove',
      path: '/spec/rules/2/backendRefs/0/filters',
    }),
  ],
};

const mirror: Case = {
  name: 'gateway-api/filter/mirror',
  ...FACTS,
  title: 'RequestMirror sends a copy to the second backend, and the client does not notice.',
  invocation: asks(ROUTE, 'tls', HEALTH, { 'x-change': 'mirror' }),
  expectation: {
    rpc: { status: 'OK', count: 1, servedBy: { service: 'order-grpc-service' } },
    ledger: { attempts: 2, services: ['order-grpc-service', 'user-grpc-service'] },
    gateway: { ...takenBy(ROUTE, 'tls', 3), ...routedTo('order-grpc-service') },
  },
  sabotages: [
    onRoute(ROUTE, 'no mirror', 'attempts: expected 2 (order-grpc-service, user-grpc-service), got 1', {
      op: 'remove',
      path: '/spec/rules/3/filters',
    }),
  ],
};

/** What is wrong with the backends of each rule of `grpc-broken`. */
const BROKEN = ['missing', 'none', 'zero'] as const;

/** By Gateway API's word it were UNAVAILABLE (GRPCRoute, "backendRefs"); Istio answers HTTP 500, which gRPC reads so. */
const broken = BROKEN.map((what, rule): Case => ({
  name: `gateway-api/broken-backend/${what}`,
  ...FACTS,
  title: `A rule whose backend is ${what} is UNKNOWN by the word of the gateway, where Gateway API says UNAVAILABLE.`,
  invocation: asks('grpc-broken', 'tls', HEALTH, { 'x-broken': what }),
  expectation: {
    rpc: { status: 'UNKNOWN', count: 0, servedBy: null },
    ledger: { attempts: 0 },
    gateway: { ...takenByNone('grpc-broken', 'tls'), upstreamHost: null },
  },
  sabotages: [
    onRoute('grpc-broken', `a backend where ${what} was good`, 'grpc-status: expected UNKNOWN, got OK', {
      op: 'add',
      path: `/spec/rules/${rule}/backendRefs`,
      value: [{ name: 'grpc-service', port: 50051 }],
    }),
  ],
}));

/** What a GRPCRoute may do to what it takes. */
export const filterCases: readonly Case[] = [weights, request, response, ofBackend, mirror, ...broken];
