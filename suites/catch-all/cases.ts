import { expand, type Case } from '../../src/conformance/model.ts';
import { answeredByGreeter } from '../every-kind.ts';
import { UNROUTED, routedTo, wayIn } from '../expectations.ts';
import { METHODS, RPC_KINDS, TRANSPORTS } from '../requests.ts';
import {
  anyHost,
  misspeltGroup,
  otherDestination,
  otherGateway,
  resilienceMatched,
  routeUnderTcp,
  routeUnderTls,
  streamingMatched,
} from './sabotages.ts';

const UNROUTED_RPC = 'grpc-status: expected OK, got UNIMPLEMENTED';

const rpcs = expand({ transport: TRANSPORTS, kind: RPC_KINDS }, ({ transport, kind }): Case => {
  return {
    name: 'http-routes/catch-all',
    row: 'S2',
    title: `A ${kind} RPC is routed by a route that stands under http.`,
    configuration: 'catch-all',
    ...answeredByGreeter(kind, transport),
    sabotages: [
      routeUnderTcp(UNROUTED_RPC),
      routeUnderTls(UNROUTED_RPC),
      misspeltGroup('networking.rypt.io'),
      otherGateway(UNROUTED_RPC),
      otherDestination('service: expected grpc-service, got streaming-service'),
    ],
  };
});

/** A catch-all takes every path: what the service does not have, the service itself says. */
const anyPath = expand(
  { transport: TRANSPORTS, path: ['unknown-method', 'unknown-service'] },
  ({ transport, path }): Case => ({
    name: 'http-routes/catch-all',
    row: 'S2',
    title: `An ${path.replace('-', ' ')} reaches the service, which says UNIMPLEMENTED itself.`,
    configuration: 'catch-all',
    invocation: {
      client: 'grpc-js',
      transport,
      method: path === 'unknown-method' ? 'mypackage.Greeter/NoSuchMethod' : 'mypackage.NoSuchService/Call',
      deadlineMs: 10_000,
    },
    expectation: {
      rpc: { status: 'UNIMPLEMENTED', details: /NoSuch/, count: 0 },
      gateway: { ...wayIn(transport), ...routedTo('grpc-service', 12) },
    },
    sabotages: [
      routeUnderTcp('access log responseCodeDetails: expected via_upstream, got route_not_found'),
      otherDestination('access log upstreamCluster'),
    ],
  }),
);

const foreignHost: Case = {
  name: 'http-routes/catch-all/h2c/foreign-host',
  row: 'S2',
  title:
    'A catch-all is one for its host only: another authority is UNIMPLEMENTED by the word of the gateway.',
  configuration: 'catch-all',
  invocation: {
    client: 'grpc-js',
    transport: 'h2c',
    method: METHODS.greeter.unary,
    authority: 'other.example.com',
    deadlineMs: 10_000,
  },
  expectation: {
    rpc: { status: 'UNIMPLEMENTED', details: '', count: 0, servedBy: null },
    ledger: { attempts: 0 },
    gateway: { ...wayIn('h2c'), ...UNROUTED, authority: 'other.example.com' },
  },
  sabotages: [anyHost('grpc-status: expected UNIMPLEMENTED, got OK')],
};

const programmed: Case = {
  name: 'http-routes/catch-all/programmed',
  row: 'S2',
  title: 'The gateway has one route from grpc-vs, to grpc-service, with no timeout.',
  configuration: 'catch-all',
  invocation: { client: 'configuration' },
  expectation: {
    configuration: [
      {
        question: { ask: 'route clusters', virtualService: 'grpc-vs' },
        answer: /^outbound\|50051\|\|grpc-service\.[^;]*$/,
      },
      { question: { ask: 'route timeout', virtualService: 'grpc-vs' }, answer: '0s' },
    ],
  },
  sabotages: [routeUnderTcp('got absent'), otherDestination('route clusters')],
};

/**
 * Istio puts the catch-alls of one host one behind the other, so that only the first is ever reached, and says so
 * nowhere. Whoever applies the seed's manifests together has neither its streaming route nor its retries.
 */
const collision = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'http-routes/collision/streaming',
  row: 'S2',
  title:
    'Of several catch-alls on one host the first takes everything: the streaming service is not reached.',
  configuration: 'catch-all-collision',
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS['streaming-service'].unary,
    deadlineMs: 10_000,
  },
  expectation: {
    rpc: { status: 'UNIMPLEMENTED', details: /StreamingService/, count: 0 },
    gateway: { ...wayIn(transport), ...routedTo('grpc-service', 12) },
  },
  sabotages: [streamingMatched('grpc-status: expected UNIMPLEMENTED, got OK')],
}));

const collisionRetries = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'http-routes/collision/retries',
  row: 'S2',
  title: 'Of several catch-alls on one host the first takes everything: the retries of another are not made.',
  configuration: 'catch-all-collision',
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS.greeter.unary,
    script: { steps: [{ status: 'INTERNAL', message: 'as the script says' }] },
    deadlineMs: 10_000,
  },
  expectation: {
    rpc: { status: 'INTERNAL', details: 'as the script says', count: 0 },
    ledger: {
      attempts: 1,
      service: 'grpc-service',
      perAttempt: [{ status: 'INTERNAL', trailersOnly: true }],
    },
    gateway: { ...wayIn(transport), ...routedTo('grpc-service', 13) },
  },
  sabotages: [resilienceMatched('attempts: expected 1, got 4')],
}));

export const cases: readonly Case[] = [
  ...rpcs,
  ...anyPath,
  foreignHost,
  programmed,
  ...collision,
  ...collisionRetries,
];
