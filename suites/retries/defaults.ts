import { statusCode } from '../../src/clients/grpc-status.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { METHODS, RPC_KINDS, TRANSPORTS, requestsFor } from '../requests.ts';
import { VIRTUAL_SERVICE, attemptsZero, policyLeftOut, retriedAfterAll, serverDoes } from './sabotages.ts';
import { MESSAGE } from './matrix.ts';

/** The first try and the 2 retries of Istio's own policy. */
const TRIES = 3;

/** A stream that the server refused was not processed (RFC 9113, section 8.7): safe to try again. */
const refused = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'retries/default/refused-stream',
  row: 'S6',
  title: 'A route that says nothing of retries has a refused stream tried three times.',
  configuration: 'retries-default',
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS.greeter.unary,
    deadlineMs: 15_000,
    script: { steps: [{ reset: 7 }] },
  },
  expectation: {
    rpc: { status: 'UNAVAILABLE', details: /remote (refused stream )?reset/, servedBy: null },
    ledger: { attempts: TRIES, service: 'grpc-service' },
    gateway: { ...wayIn(transport), grpcStatus: 14, responseFlags: /URX/, attempts: TRIES },
  },
  sabotages: [
    attemptsZero('attempts: expected 3, got 1'),
    serverDoes('cancels instead of refusing', { steps: [{ reset: 8 }] }, 'attempts: expected 3, got 1'),
  ],
}));

const configured: Case = {
  name: 'retries/configuration/default',
  row: 'S6',
  title: 'A route that says nothing of retries gets a policy all the same.',
  configuration: 'retries-default',
  invocation: { client: 'configuration' },
  expectation: {
    configuration: [
      {
        question: { ask: 'route retries', virtualService: VIRTUAL_SERVICE },
        answer: '2 on connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes',
      },
      { question: { ask: 'route timeout', virtualService: VIRTUAL_SERVICE }, answer: '0s' },
    ],
  },
  sabotages: [attemptsZero('got none')],
};

/** What a server has done before it fails is done twice when it is tried twice. */
const once = expand({ transport: TRANSPORTS, kind: RPC_KINDS }, ({ transport, kind }): Case => ({
  name: 'retries/off',
  row: 'S6',
  title: `With attempts: 0 a failed ${kind} RPC that places orders reaches the server once.`,
  configuration: 'retries-off',
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS['order-service'][kind],
    requests: requestsFor(kind, 3, 100),
    deadlineMs: 15_000,
    script: { steps: [{ awaitHalfClose: true }, { status: 'UNAVAILABLE', message: MESSAGE }] },
  },
  expectation: {
    rpc: { status: 'UNAVAILABLE', details: MESSAGE, servedBy: { service: 'order-grpc-service' } },
    ledger: { attempts: 1, service: 'order-grpc-service', perAttempt: [{ trailersOnly: true }] },
    gateway: { ...wayIn(transport), ...routedTo('order-grpc-service', statusCode('UNAVAILABLE')) },
  },
  sabotages: [retriedAfterAll('attempts: expected 1, got 4'), policyLeftOut('attempts: expected 1, got 3')],
}));

const configuredOff: Case = {
  name: 'retries/configuration/off',
  row: 'S6',
  title: 'attempts: 0 leaves no retry policy on its route, and the other route keeps its own.',
  configuration: 'retries-off',
  invocation: { client: 'configuration' },
  expectation: {
    configuration: [
      {
        question: { ask: 'route retries', virtualService: VIRTUAL_SERVICE },
        answer: 'none; 3 on unavailable,resource-exhausted,internal per 20s',
      },
    ],
  },
  sabotages: [policyLeftOut('got 2 on connect-failure')],
};

export const cases: readonly Case[] = [...refused, configured, ...once, configuredOff];
