import { STATUS_NAMES, statusCode, type StatusName } from '../../src/clients/grpc-status.ts';
import type { GatewayExpectation } from '../../src/conformance/expectation.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { requestsSeen, routedTo, wayIn } from '../expectations.ts';
import { METHODS, RPC_KINDS, TRANSPORTS, repliesTo, requestsFor } from '../requests.ts';
import { VIRTUAL_SERVICE, attemptsZero, otherRetryOn, retryOnHttpStatus, wrongRetryOn } from './sabotages.ts';

const SERVICE = 'grpc-service';
/** What the seed's `retryOn` names. */
const RETRIED: readonly StatusName[] = ['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'INTERNAL'];
/** `attempts: 3` counts retries, so that the first try comes on top. */
const TRIES = 4;
const FAILURES = STATUS_NAMES.filter((name) => name !== 'OK');
const MESSAGE = 'as the script says';

/** How the access log shows an RPC whose last retry failed too. */
export const exhausted = (service: string, grpcStatus: number, attempts: number): GatewayExpectation => ({
  ...routedTo(service, grpcStatus),
  responseFlags: 'URX',
  attempts,
});

/** A status as it stands in a case's name. */
const slug = (status: StatusName): string => status.toLowerCase().replaceAll('_', '-');
const bySlug = (name: string): StatusName => FAILURES.find((status) => slug(status) === name) ?? 'OK';

/** Each of the 16 statuses, sent as a trailers-only reply: the one form in which Envoy sees it in time. */
const statuses = expand(
  { transport: TRANSPORTS, status: FAILURES.map(slug) },
  ({ transport, status: name }): Case => {
    const status = bySlug(name);
    const code = statusCode(status);
    const retried = RETRIED.includes(status);
    const tries = retried ? TRIES : 1;
    return {
      name: 'retries/status',
      row: 'S6',
      title: `${status} in a trailers-only reply is tried ${retried ? 'four times' : 'once'}.`,
      configuration: 'retries',
      invocation: {
        client: 'grpc-js',
        transport,
        method: METHODS.greeter.unary,
        deadlineMs: 15_000,
        script: { steps: [{ status, message: MESSAGE }] },
      },
      expectation: {
        rpc: { status, details: MESSAGE, count: 0, servedBy: { service: SERVICE } },
        ledger: {
          attempts: tries,
          service: SERVICE,
          perAttempt: Array.from({ length: tries }, () => ({ status, trailersOnly: true })),
        },
        gateway: {
          ...wayIn(transport),
          ...(retried ? exhausted(SERVICE, code, TRIES) : routedTo(SERVICE, code)),
        },
      },
      sabotages: retried
        ? [attemptsZero('attempts: expected 4, got 1'), otherRetryOn('attempts: expected 4, got 1')]
        : [
            retryOnHttpStatus('attempts: expected 1, got 4'),
            ...(status === 'CANCELLED' || status === 'DEADLINE_EXCEEDED'
              ? [otherRetryOn('attempts: expected 1, got 4')]
              : []),
            ...(status === 'UNKNOWN' ? [wrongRetryOn] : []),
          ],
    };
  },
);

/** Whatever the kind: what the client has sent so far is kept by the gateway, and sent again. */
const recovered = expand({ transport: TRANSPORTS, kind: RPC_KINDS }, ({ transport, kind }): Case => {
  const requests = requestsFor(kind, 3, 100);
  return {
    name: 'retries/recovered',
    row: 'S6',
    title: `A ${kind} RPC that fails three times, before any header, and then succeeds is OK to its client.`,
    configuration: 'retries',
    invocation: {
      client: 'grpc-js',
      transport,
      method: METHODS.greeter[kind],
      requests,
      deadlineMs: 15_000,
      script: { failFirst: { attempts: TRIES - 1, steps: [{ status: 'UNAVAILABLE' }] } },
    },
    expectation: {
      rpc: { status: 'OK', ...repliesTo(kind, 3, 100), servedBy: { service: SERVICE } },
      ledger: {
        attempts: TRIES,
        service: SERVICE,
        perAttempt: [
          ...Array.from(
            { length: TRIES - 1 },
            () => ({ status: 'UNAVAILABLE', trailersOnly: true }) as const,
          ),
          { status: 'OK', trailersOnly: false },
        ],
        ...requestsSeen(requests.length),
        halfClosed: true,
      },
      gateway: { ...wayIn(transport), ...routedTo(SERVICE), attempts: TRIES },
    },
    sabotages: [attemptsZero('grpc-status: expected OK, got UNAVAILABLE')],
  };
});

/** Envoy decides about a retry at the response headers: a status that comes later is handed on as it is. */
const tooLate = expand(
  { transport: TRANSPORTS, stage: ['after-headers', 'after-first-message'], kind: RPC_KINDS },
  ({ transport, stage, kind }): Case => {
    const requests = requestsFor(kind, 3, 100);
    const messages = stage === 'after-first-message' ? 1 : 0;
    const streams = kind === 'server-stream' || kind === 'bidi';
    return {
      name: 'retries/too-late',
      row: 'S6',
      title: `UNAVAILABLE ${stage.replaceAll('-', ' ')} of a ${kind} RPC is not retried.`,
      configuration: 'retries',
      invocation: {
        client: 'grpc-js',
        transport,
        method: METHODS.greeter[kind],
        requests,
        deadlineMs: 15_000,
        script: {
          steps: [
            { awaitHalfClose: true },
            messages === 0 ? { headers: { 'x-first': 'words' } } : { messages: { payloadBytes: 100 } },
            { status: 'UNAVAILABLE', message: MESSAGE },
          ],
        },
      },
      expectation: {
        rpc: {
          status: 'UNAVAILABLE',
          details: MESSAGE,
          // grpc-js hands the one reply of a unary or client-streaming RPC on only when the status is OK.
          count: streams ? messages : 0,
          servedBy: { service: SERVICE },
          ...(messages === 0 ? { initialMetadata: { 'x-first': 'words' } } : {}),
        },
        ledger: {
          attempts: 1,
          service: SERVICE,
          perAttempt: [{ status: 'UNAVAILABLE', trailersOnly: false }],
          ...requestsSeen(requests.length),
          halfClosed: true,
        },
        gateway: { ...wayIn(transport), ...routedTo(SERVICE, statusCode('UNAVAILABLE')) },
      },
      sabotages: [retryOnHttpStatus('attempts: expected 1, got 4')],
    };
  },
);

const configured: Case = {
  name: 'retries/configuration/seed',
  row: 'S6',
  title: "Istio hands the seed's policy on to Envoy as it is written.",
  configuration: 'retries',
  invocation: { client: 'configuration' },
  expectation: {
    configuration: [
      {
        question: { ask: 'route retries', virtualService: VIRTUAL_SERVICE },
        answer: '3 on unavailable,resource-exhausted,internal per 20s',
      },
      { question: { ask: 'route timeout', virtualService: VIRTUAL_SERVICE }, answer: '60s' },
    ],
  },
  sabotages: [attemptsZero('got none'), otherRetryOn('got 3 on cancelled,deadline-exceeded per 20s')],
};

export const cases: readonly Case[] = [...statuses, ...recovered, ...tooLate, configured];
