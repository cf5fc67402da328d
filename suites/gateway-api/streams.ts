import { expand, type Case } from '../../src/conformance/model.ts';
import { requestsSeen, routedTo } from '../expectations.ts';
import { PAYLOAD as HELD_PAYLOAD, REQUESTS as HELD_REQUESTS, heldOpen } from '../held-open.ts';
import { jsonPatch } from '../patches.ts';
import { METHODS, TRANSPORTS, repliesTo, requestsFor } from '../requests.ts';
import { FACTS, asks, onRoute, takenBy } from './facts.ts';

const ROUTE = 'grpc-paths';
const SERVICE = 'streaming-service';
const MESSAGES = 20;
const PAYLOAD = 1_000;

/** Unary RPCs are among the paths. */
const STREAMS = ['client-stream', 'server-stream', 'bidi'] as const;

const STREAM_FACTS = { ...FACTS, row: 'S5' } as const;

const kinds = expand({ kind: STREAMS, transport: TRANSPORTS }, ({ kind, transport }): Case => {
  const requests = requestsFor(kind, MESSAGES, PAYLOAD);
  return {
    name: 'gateway-api/stream/whole',
    ...STREAM_FACTS,
    title: `A ${kind} RPC of ${MESSAGES} messages comes through a GRPCRoute whole and in order, and gets no deadline.`,
    invocation: {
      client: 'grpc-js',
      transport,
      method: METHODS['streaming-service'][kind],
      requests,
    },
    expectation: {
      rpc: { status: 'OK', ...repliesTo(kind, MESSAGES, PAYLOAD), servedBy: { service: SERVICE } },
      ledger: {
        attempts: 1,
        service: SERVICE,
        deadlineMs: null,
        ...requestsSeen(requests.length),
        halfClosed: true,
        cancelled: false,
      },
      gateway: { ...takenBy(ROUTE, transport, 2), ...routedTo(SERVICE) },
    },
    sabotages: [
      onRoute(ROUTE, 'no rule for streams', 'grpc-status: expected OK, got UNIMPLEMENTED', {
        op: 'remove',
        path: '/spec/rules/2',
      }),
    ],
  };
});

const AFTER = 'an RPC after the change';

/** The route that took them is another one while they are open. */
const overChange: Case = {
  name: 'gateway-api/stream/over-a-change',
  ...STREAM_FACTS,
  title: 'Streams live on when their GRPCRoute changes; what begins afterwards goes the new way.',
  invocation: heldOpen('tls', 'bidi', 10),
  actions: [
    { await: 'response headers' },
    {
      apply: {
        manifests: [
          jsonPatch('GRPCRoute', ROUTE, {
            op: 'replace',
            path: '/spec/rules/0/backendRefs/0/name',
            value: 'grpc-service',
          }),
        ],
      },
    },
    {
      invoke: asks(ROUTE, 'tls', 'mypackage.UserService/NoSuchMethod'),
      as: AFTER,
    },
  ],
  limitMs: 60_000,
  expectation: {
    rpc: { status: 'OK', ...repliesTo('bidi', HELD_REQUESTS, HELD_PAYLOAD) },
    ledger: {
      attempts: 1,
      service: SERVICE,
      ...requestsSeen(HELD_REQUESTS),
      halfClosed: true,
      cancelled: false,
    },
    gateway: { ...takenBy(ROUTE, 'tls', 2), ...routedTo(SERVICE) },
    connections: 1,
    meanwhile: {
      [AFTER]: {
        rpc: { status: 'UNIMPLEMENTED' },
        gateway: { ...takenBy(ROUTE, 'tls', 0), ...routedTo('grpc-service', 12) },
      },
    },
  },
  sabotages: [
    {
      name: 'a change of nothing',
      change: {
        actions: [
          { await: 'response headers' },
          { invoke: asks(ROUTE, 'tls', 'mypackage.UserService/NoSuchMethod'), as: AFTER },
        ],
      },
      caughtBy: 'access log upstreamCluster',
    },
  ],
};

/** Streams by GRPCRoute. */
export const streamCases: readonly Case[] = [...kinds, overChange];
