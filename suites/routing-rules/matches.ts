import type { MetadataToSend } from '../../src/clients/metadata.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { UNROUTED, routedTo, wayIn } from '../expectations.ts';
import { METHODS, TRANSPORTS } from '../requests.ts';
import { FACTS, HEALTH, asks, lastFirst, without, type RouteName } from './facts.ts';

interface Match {
  readonly route: RouteName;
  readonly sent?: MetadataToSend;
  readonly method?: string;
  readonly service: string;
}

const GREETER = 'grpc-service';

/** What each match takes. */
const TAKEN = {
  'exact-header': { route: 'exact-header', sent: { 'x-tenant': 'gold' }, service: 'user-grpc-service' },
  'prefix-header': {
    route: 'prefix-header',
    sent: { 'x-tenant': 'silver-7' },
    service: 'order-grpc-service',
  },
  'prefix-alone': { route: 'prefix-header', sent: { 'x-tenant': 'silver-' }, service: 'order-grpc-service' },
  'regex-header': { route: 'regex-header', sent: { 'x-tenant': 'bronze42' }, service: 'streaming-service' },
  'header-present': { route: 'header-present', sent: { 'x-canary': '0' }, service: 'order-grpc-service' },
  'both-hold': { route: 'both', sent: { 'x-region': 'north' }, service: 'user-grpc-service' },
  'first-of-either': { route: 'either', sent: { 'x-plan': 'a' }, service: 'streaming-service' },
  'second-of-either': { route: 'either', sent: { 'x-plan': 'b' }, service: 'streaming-service' },
  'the-first-that-fits': {
    route: 'exact-header',
    sent: { 'x-tenant': 'gold', 'x-canary': '1', 'x-plan': 'a' },
    service: 'user-grpc-service',
  },
  'exact-path': {
    route: 'exact-path',
    method: METHODS['user-service'].unary,
    service: 'user-grpc-service',
  },
  'regex-path': {
    route: 'regex-path',
    method: METHODS['order-service'].unary,
    service: 'order-grpc-service',
  },
  'path-in-any-case': {
    route: 'any-case',
    method: METHODS['streaming-service'].unary,
    service: 'streaming-service',
  },
} as const satisfies Record<string, Match>;

const taken = expand(
  { match: Object.keys(TAKEN) as (keyof typeof TAKEN)[], transport: TRANSPORTS },
  ({ match, transport }): Case => {
    const { route, sent, method, service }: Match = TAKEN[match];
    const byHeader = method === undefined;
    return {
      name: 'routing/match',
      ...FACTS,
      title: `The match of route ${route} takes its RPC: ${match.replaceAll('-', ' ')}.`,
      invocation: asks(transport, sent, method),
      expectation: {
        rpc: { status: 'OK', count: 1, servedBy: { service } },
        ledger: { attempts: 1, service },
        gateway: { ...wayIn(transport), ...routedTo(service), routeName: route },
      },
      sabotages: [
        without(
          route,
          byHeader
            ? `access log routeName: expected ${route}, got`
            : 'access log responseCodeDetails: expected via_upstream, got route_not_found',
        ),
        ...(byHeader ? [lastFirst(`service: expected ${service}, got ${GREETER}`)] : []),
      ],
    };
  },
);

/** A key that is sent twice is two header fields; whether the gateway looks at each has changed. */
const repeated = expand({ transport: TRANSPORTS }, ({ transport }): Case => {
  const by = (service: string, routeName: RouteName) => ({
    rpc: { status: 'OK', count: 1, servedBy: { service } } as const,
    ledger: { attempts: 1, service },
    gateway: { ...wayIn(transport), ...routedTo(service), routeName },
  });
  return {
    name: 'routing/match/one-of-two-values',
    ...FACTS,
    title: 'Of a header that is sent twice one value is enough for a match.',
    invocation: asks(transport, { 'x-tenant': ['platinum', 'gold'] }, HEALTH),
    // It was "platinum,gold" that was matched, before.
    expectation: by(GREETER, 'health-of-the-greeter'),
    sinceEnvoy: { '1.39': by('user-grpc-service', 'exact-header') },
    differs: {
      by: 'header-values',
      before: 'the values are matched as one, joined by a comma',
      since: 'each value is matched',
    },
    sabotages: [without('exact-header', 'access log routeName: expected exact-header, got')],
  };
});

/** What is nearly a match is none: the health service's own route takes it. */
const MISSED = {
  'another-case-of-the-value': { route: 'exact-header', sent: { 'x-tenant': 'Gold' } },
  'a-longer-value': { route: 'exact-header', sent: { 'x-tenant': 'golden' } },
  'inside-of-the-value': { route: 'prefix-header', sent: { 'x-tenant': 'a-silver-7' } },
  'a-part-of-the-regex': { route: 'regex-header', sent: { 'x-tenant': 'bronze42x' } },
  'a-header-that-excludes': { route: 'header-present', sent: { 'x-canary': '1', 'x-stable': '1' } },
  'one-of-two-conditions': { route: 'both', sent: { 'x-region': 'south' } },
  'neither-of-two': { route: 'either', sent: { 'x-plan': 'c' } },
} as const satisfies Record<string, Pick<Match, 'route' | 'sent'>>;

const missed = expand(
  { near: Object.keys(MISSED) as (keyof typeof MISSED)[], transport: TRANSPORTS },
  ({ near, transport }): Case => {
    const { route, sent } = MISSED[near];
    return {
      name: 'routing/no-match',
      ...FACTS,
      title: `Route ${route} does not take ${near.replaceAll('-', ' ')}.`,
      invocation: asks(transport, sent, HEALTH),
      expectation: {
        rpc: { status: 'OK', count: 1, servedBy: { service: GREETER } },
        ledger: { attempts: 1, service: GREETER },
        gateway: { ...wayIn(transport), ...routedTo(GREETER), routeName: 'health-of-the-greeter' },
      },
      sabotages: [without('health-of-the-greeter', 'grpc-status: expected OK, got UNIMPLEMENTED')],
    };
  },
);

/** Paths that are nearly routed: the gateway answers, and nobody is reached. */
const PATHS = {
  'a-method-beside-the-exact-one': 'mypackage.UserService/ListUsers',
  'a-longer-path': 'mypackage.UserService/GetUserById',
  'another-case-of-the-path': 'mypackage.userservice/GetUser',
  'a-method-outside-of-the-regex': 'mypackage.OrderService/SubmitOrders',
  'the-regex-and-more': 'mypackage.OrderService/GetOrders',
  'a-package-below': 'mypackage.v1.UserService/GetUser',
  'a-prefix-in-front': 'x/mypackage.UserService/GetUser',
} as const;

const unrouted = expand(
  { near: Object.keys(PATHS) as (keyof typeof PATHS)[], transport: TRANSPORTS },
  ({ near, transport }): Case => ({
    name: 'routing/no-path',
    ...FACTS,
    title: `No route takes ${near.replaceAll('-', ' ')}: UNIMPLEMENTED by the word of the gateway.`,
    invocation: asks(transport, {}, PATHS[near]),
    expectation: {
      rpc: { status: 'UNIMPLEMENTED', count: 0, servedBy: null },
      ledger: { attempts: 0 },
      gateway: { ...wayIn(transport), ...UNROUTED },
    },
    sabotages: [
      {
        name: 'a prefix that takes everything',
        change: {
          manifests: [
            `{ apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: { name: grpc-rules }, spec: { http: [ { route: [ { destination: { host: grpc-service, port: { number: 50051 } } } ] } ] } }`,
          ],
        },
        caughtBy: 'access log responseCodeDetails: expected route_not_found, got via_upstream',
      },
    ],
  }),
);

export const matchCases: readonly Case[] = [...taken, ...repeated, ...missed, ...unrouted];
