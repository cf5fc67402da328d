import { statusCode } from '../../src/clients/grpc-status.ts';
import type { Script } from '../../src/clients/script.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { replies, routedTo, wayIn } from '../expectations.ts';
import { METHODS, TRANSPORTS, requestsFor } from '../requests.ts';
import {
  VIRTUAL_SERVICE,
  attemptsZero,
  longerPerTryTimeout,
  longerTimeout,
  retryOnTimeout,
  serverDoes,
  shorterTimeout,
} from './sabotages.ts';
import { MESSAGE, exhausted } from './matrix.ts';

const SERVICE = 'grpc-service';
/** The timers of `manifests/retries-clock`. */
const ROUTE_TIMEOUT_MS = 6_000;
const PER_TRY_TIMEOUT_MS = 2_000;
/** Envoy writes the time it leaves to a try into grpc-timeout. */
const PER_TRY_SEEN = { min: PER_TRY_TIMEOUT_MS - 100, max: PER_TRY_TIMEOUT_MS };
/** Between the two: well within a try, and four of them beyond the timeout. */
const SLOW_MS = 1_600;
const slowFailure = (ms: number): Script => ({
  steps: [{ wait: ms }, { status: 'UNAVAILABLE', message: MESSAGE }],
});

/** 4 x 0.8 s, and at most 0.3 s of waiting between tries, fit in 6 s. */
const fits = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'retries/clock/four-tries-fit',
  row: 'S6',
  title: 'Four tries that fit into the timeout are made, and the last one is answered.',
  configuration: 'retries-clock',
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS.greeter.unary,
    deadlineMs: 15_000,
    script: slowFailure(800),
  },
  expectation: {
    rpc: { status: 'UNAVAILABLE', details: MESSAGE, servedBy: { service: SERVICE } },
    ledger: { attempts: 4, service: SERVICE, deadlineMs: PER_TRY_SEEN },
    gateway: { ...wayIn(transport), ...exhausted(SERVICE, statusCode('UNAVAILABLE'), 4) },
  },
  sabotages: [attemptsZero('attempts: expected 4, got 1'), shorterTimeout('attempts: expected 4, got')],
}));

/** 4 x 1.6 s do not fit in 6 s: the last try is begun, and cut. With the seed's 4 x 20 s in 60 s it is the same. */
const doesNotFit = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'retries/clock/fourth-try-is-cut',
  row: 'S6',
  title: 'Tries that do not fit into the timeout are begun all the same; the timeout ends the last one.',
  configuration: 'retries-clock',
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS.greeter.unary,
    connectFirst: true,
    deadlineMs: 15_000,
    // A server that keeps its deadline would end the last try at the very moment at which the gateway cuts it.
    script: { ...slowFailure(SLOW_MS), ignoreDeadline: true },
  },
  expectation: {
    rpc: {
      status: 'UNAVAILABLE',
      details: 'upstream request timeout',
      servedBy: null,
      ended: { by: 'route timeout', atMs: ROUTE_TIMEOUT_MS },
    },
    ledger: {
      attempts: 4,
      service: SERVICE,
      perAttempt: [
        { status: 'UNAVAILABLE', deadlineMs: PER_TRY_SEEN },
        { status: 'UNAVAILABLE', deadlineMs: PER_TRY_SEEN },
        { deadlineMs: { max: PER_TRY_TIMEOUT_MS } },
        // What is left of the timeout is less than perTryTimeout, and that is what the server is told.
        { deadlineMs: { max: ROUTE_TIMEOUT_MS - 3 * SLOW_MS } },
      ],
      cancelled: true,
    },
    gateway: {
      ...wayIn(transport),
      grpcStatus: 14,
      responseFlags: 'UT',
      responseCodeDetails: 'response_timeout',
      attempts: 4,
    },
  },
  sabotages: [
    longerTimeout('grpc-message: expected upstream request timeout, got as the script says'),
    attemptsZero('attempts: expected 4, got 1'),
  ],
}));

const STREAM_MS = 3_200;
const stream: Script = {
  steps: [{ headers: {} }, { wait: STREAM_MS }, { messages: { count: 3 } }, { status: 'OK' }],
};
const unhurried: Script = { ...stream, ignoreDeadline: true };

/** The per-try timer ends with the response headers. */
const ignored = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'retries/clock/stream-outlives-per-try',
  row: 'S6',
  title: 'A stream whose headers came in time may run for longer than perTryTimeout.',
  configuration: 'retries-clock',
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS.greeter['server-stream'],
    requests: requestsFor('server-stream', 3, 0),
    connectFirst: true,
    deadlineMs: 15_000,
    script: unhurried,
  },
  expectation: {
    rpc: {
      status: 'OK',
      ...replies(3),
      servedBy: { service: SERVICE },
      ended: { by: 'server script', atMs: STREAM_MS },
    },
    ledger: { attempts: 1, service: SERVICE, deadlineMs: PER_TRY_SEEN, cancelled: false },
    gateway: { ...wayIn(transport), ...routedTo(SERVICE) },
  },
  sabotages: [
    shorterTimeout('grpc-status: expected OK, got'),
    serverDoes('keeps the deadline it is told', stream, 'grpc-status: expected OK, got DEADLINE_EXCEEDED'),
  ],
}));

/** But Envoy has told the server of it as a deadline, and one that keeps its deadlines ends the stream. */
const honoured = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'retries/clock/server-keeps-per-try',
  row: 'S6',
  title: 'A server that keeps its deadline ends a stream at perTryTimeout, headers or not.',
  configuration: 'retries-clock',
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS.greeter['server-stream'],
    requests: requestsFor('server-stream', 3, 0),
    connectFirst: true,
    deadlineMs: 15_000,
    script: stream,
  },
  expectation: {
    rpc: {
      status: 'DEADLINE_EXCEEDED',
      count: 0,
      ended: { by: 'per-try timeout', atMs: PER_TRY_TIMEOUT_MS },
    },
    ledger: {
      attempts: 1,
      service: SERVICE,
      deadlineMs: PER_TRY_SEEN,
      perAttempt: [{ status: 'DEADLINE_EXCEEDED', trailersOnly: false }],
    },
    gateway: { ...wayIn(transport), ...routedTo(SERVICE, statusCode('DEADLINE_EXCEEDED')) },
  },
  sabotages: [
    longerPerTryTimeout('grpc-status: expected DEADLINE_EXCEEDED, got OK'),
    serverDoes('does not keep its deadline', unhurried, 'grpc-status: expected DEADLINE_EXCEEDED, got OK'),
  ],
}));

/** None of the seed's three names stands for a try that timed out, so that perTryTimeout causes no retry. */
const stalled = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'retries/clock/stall-before-headers',
  row: 'S6',
  title: "A try that ends by perTryTimeout is not retried by the seed's retryOn.",
  configuration: 'retries-clock',
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS.greeter.unary,
    connectFirst: true,
    deadlineMs: 15_000,
    script: { steps: [{ wait: 4_000 }, { status: 'OK' }], ignoreDeadline: true },
  },
  expectation: {
    rpc: {
      status: 'UNAVAILABLE',
      details: 'upstream request timeout',
      servedBy: null,
      ended: { by: 'per-try timeout', atMs: PER_TRY_TIMEOUT_MS },
    },
    ledger: { attempts: 1, service: SERVICE, cancelled: true },
    gateway: {
      ...wayIn(transport),
      grpcStatus: 14,
      responseFlags: 'UT',
      responseCodeDetails: 'upstream_per_try_timeout',
      attempts: 1,
    },
  },
  sabotages: [
    longerPerTryTimeout('grpc-status: expected UNAVAILABLE, got'),
    retryOnTimeout('attempts: expected 1, got 3'),
  ],
}));

const configured: Case = {
  name: 'retries/configuration/clock',
  row: 'S6',
  title: 'Fractions of the policy arrive at Envoy as written.',
  configuration: 'retries-clock',
  invocation: { client: 'configuration' },
  expectation: {
    configuration: [
      {
        question: { ask: 'route retries', virtualService: VIRTUAL_SERVICE },
        answer: '3 on unavailable,resource-exhausted,internal per 2s',
      },
      { question: { ask: 'route timeout', virtualService: VIRTUAL_SERVICE }, answer: '6s' },
    ],
  },
  sabotages: [longerTimeout('expected 6s, got 10s'), longerPerTryTimeout('per 5')],
};

export const cases: readonly Case[] = [
  ...fits,
  ...doesNotFit,
  ...ignored,
  ...honoured,
  ...stalled,
  configured,
];
