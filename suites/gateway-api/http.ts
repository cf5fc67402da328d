import type { Script } from '../../src/clients/script.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { UNROUTED, routedTo } from '../expectations.ts';
import { METHODS } from '../requests.ts';
import { FACTS, asks, onRoute, takenBy, takenByNone, withoutRule } from './facts.ts';

const ROUTE = 'http-grpc';
const USER = 'user-grpc-service';
const STREAMING = 'streaming-service';

const prefix: Case = {
  name: 'gateway-api/http-route/prefix',
  ...FACTS,
  title: 'An HTTPRoute takes gRPC by the prefix of its path.',
  invocation: asks(ROUTE, 'tls', METHODS['user-service'].unary),
  expectation: {
    rpc: { status: 'OK', count: 1, servedBy: { service: USER } },
    ledger: { attempts: 1, service: USER },
    gateway: { ...takenBy(ROUTE, 'tls', 0), ...routedTo(USER) },
  },
  sabotages: [withoutRule(ROUTE, 0, 'grpc-status: expected OK, got UNIMPLEMENTED')],
};

const longer: Case = {
  name: 'gateway-api/http-route/longer-service-name',
  ...FACTS,
  title: 'A prefix is one of whole segments, with or without its slash: a longer name is not taken.',
  invocation: asks(ROUTE, 'tls', 'mypackage.StreamingServiceV2/Echo'),
  expectation: {
    rpc: { status: 'UNIMPLEMENTED', count: 0, servedBy: null },
    ledger: { attempts: 0 },
    gateway: { ...takenByNone(ROUTE, 'tls'), ...UNROUTED },
  },
  sabotages: [
    onRoute(
      ROUTE,
      'a regular expression without an end',
      'access log responseCodeDetails: expected route_not_found',
      {
        op: 'replace',
        path: '/spec/rules/2/matches/0/path',
        value: { type: 'RegularExpression', value: '/mypackage.StreamingService.*' },
      },
    ),
  ],
};

const rewrite: Case = {
  name: 'gateway-api/http-route/rewrite',
  ...FACTS,
  title: 'URLRewrite takes a prefix off that the service does not know; a GRPCRoute cannot.',
  invocation: asks(ROUTE, 'tls', 'v2/mypackage.UserService/GetUser'),
  expectation: {
    rpc: { status: 'OK', count: 1, servedBy: { service: USER } },
    ledger: { attempts: 1, service: USER },
    gateway: { ...takenBy(ROUTE, 'tls', 1), ...routedTo(USER) },
  },
  sabotages: [
    onRoute(ROUTE, 'no rewrite', 'grpc-status: expected OK, got UNIMPLEMENTED', {
      op: 'remove',
      path: '/spec/rules/1/filters',
    }),
  ],
};

/** A server that takes longer than the route's second, before or after its first message. */
const SLOW: Readonly<Record<'unary' | 'server-stream', Script>> = {
  unary: { steps: [{ wait: 2_000 }, { answer: true }], ignoreDeadline: true },
  'server-stream': { steps: [{ messages: {} }, { wait: 2_000 }, { status: 'OK' }], ignoreDeadline: true },
};

const timeout = expand({ kind: ['unary', 'server-stream'] }, ({ kind }): Case => {
  // Once something was sent, a reset is all that can follow.
  const status = kind === 'unary' ? 'UNAVAILABLE' : 'INTERNAL';
  return {
    name: 'gateway-api/http-route/timeout',
    ...FACTS,
    row: kind === 'unary' ? 'S4' : 'S5',
    title:
      kind === 'unary'
        ? "An HTTPRoute's timeouts.request ends a slow unary RPC; a GRPCRoute has no such field."
        : "An HTTPRoute's timeouts.request cuts a stream as well.",
    alone: true,
    invocation: {
      ...asks(ROUTE, 'tls', METHODS['streaming-service'][kind]),
      connectFirst: true,
      script: SLOW[kind],
    },
    expectation: {
      rpc: { status, ended: { by: 'route timeout', atMs: 1_000 } },
      ledger: { attempts: 1, service: STREAMING, cancelled: true },
      gateway: { ...takenBy(ROUTE, 'tls', 2), responseFlags: 'UT', responseCodeDetails: 'response_timeout' },
    },
    sabotages: [
      onRoute(ROUTE, 'no timeout', `grpc-status: expected ${status}, got OK`, {
        op: 'remove',
        path: '/spec/rules/2/timeouts',
      }),
    ],
  };
});

/** gRPC by HTTPRoute, and what only that can say. */
export const httpCases: readonly Case[] = [prefix, longer, rewrite, ...timeout];
