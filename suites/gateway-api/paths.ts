import { expand, type Case } from '../../src/conformance/model.ts';
import { UNROUTED, requestsSeen, routedTo } from '../expectations.ts';
import { METHODS, RPC_KINDS, TRANSPORTS, repliesTo, requestsFor } from '../requests.ts';
import { FACTS, asks, catchAllRule, onRoute, takenBy, takenByNone } from './facts.ts';

const ROUTE = 'grpc-paths';
const REQUESTS = 3;
const PAYLOAD = 100;
/** The service and the rule of each; the backends of the two are exchanged by the sabotage. */
const BACKENDS = {
  'user-service': { service: 'user-grpc-service', other: 'order-grpc-service', rule: 0 },
  'order-service': { service: 'order-grpc-service', other: 'user-grpc-service', rule: 1 },
} as const;

const byPath = expand(
  { backend: ['user-service', 'order-service'], transport: TRANSPORTS, kind: RPC_KINDS },
  ({ backend, transport, kind }): Case => {
    const { service, other, rule } = BACKENDS[backend];
    const requests = requestsFor(kind, REQUESTS, PAYLOAD);
    return {
      name: 'gateway-api/path',
      ...FACTS,
      title: `A GRPCRoute's rule for ${backend} takes a ${kind} RPC to ${service}.`,
      invocation: { ...asks(ROUTE, transport, METHODS[backend][kind]), requests },
      expectation: {
        rpc: { status: 'OK', ...repliesTo(kind, REQUESTS, PAYLOAD), servedBy: { service } },
        ledger: { attempts: 1, service, ...requestsSeen(requests.length), halfClosed: true },
        gateway: { ...takenBy(ROUTE, transport, rule), ...routedTo(service) },
      },
      sabotages: [
        onRoute(
          ROUTE,
          'backends exchanged',
          `service: expected ${service}, got ${other}`,
          { op: 'replace', path: '/spec/rules/0/backendRefs/0/name', value: 'order-grpc-service' },
          { op: 'replace', path: '/spec/rules/1/backendRefs/0/name', value: 'user-grpc-service' },
        ),
      ],
    };
  },
);

/** What no rule names. A service match ends with the slash, so that a longer name is none. */
const STRANGERS = {
  'unrouted-service': METHODS.greeter.unary,
  'longer-service-name': 'mypackage.UserServiceV2/GetUser',
} as const;

const unrouted = expand(
  { of: ['unrouted-service', 'longer-service-name'], transport: TRANSPORTS },
  ({ of, transport }): Case => ({
    name: 'gateway-api/path',
    ...FACTS,
    title: `${STRANGERS[of]} is taken by no rule: UNIMPLEMENTED by the word of the gateway.`,
    invocation: asks(ROUTE, transport, STRANGERS[of]),
    expectation: {
      rpc: { status: 'UNIMPLEMENTED', count: 0, servedBy: null },
      ledger: { attempts: 0 },
      gateway: { ...takenByNone(ROUTE, transport), ...UNROUTED },
    },
    sabotages: [catchAllRule(ROUTE, 'attempts: expected 0, got 1')],
  }),
);

/** A GRPCRoute has no field for retries, and Istio's own policy is none that would be off. */
const retried: Case = {
  name: 'gateway-api/default-retries',
  ...FACTS,
  row: 'S6',
  title:
    "A GRPCRoute cannot say anything of retries: Istio's own two hold, UNAVAILABLE among what is retried.",
  invocation: {
    ...asks(ROUTE, 'tls', METHODS['user-service'].unary),
    script: { failFirst: { attempts: 2, steps: [{ status: 'UNAVAILABLE' }] } },
  },
  expectation: {
    rpc: { status: 'OK', count: 1 },
    ledger: { attempts: 3, service: 'user-grpc-service' },
    gateway: { ...takenBy(ROUTE, 'tls', 0), grpcStatus: 0, attempts: 3 },
  },
  sabotages: [
    {
      name: 'a server that fails three times',
      change: { script: { failFirst: { attempts: 3, steps: [{ status: 'UNAVAILABLE' }] } } },
      caughtBy: 'grpc-status: expected OK, got UNAVAILABLE',
    },
  ],
};

export const pathCases: readonly Case[] = [...byPath, ...unrouted, retried];
