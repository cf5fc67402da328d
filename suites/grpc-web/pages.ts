import { statusCode } from '../../src/clients/grpc-status.ts';
import type { BrowserInvocation } from '../../src/clients/invocation.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { replies, routedTo } from '../expectations.ts';
import { ANSWERED_PREFLIGHT, CONTENT, LIBRARIES, page } from '../pages.ts';
import { METHODS, requestsFor } from '../requests.ts';
import { HTTP, SERVICE, TRANSLATED, httpReply, webWayIn } from './expectations.ts';
import { allTheWay, filterAbsent, matchesNothing, serverFails } from './sabotages.ts';

const FACTS = { row: 'S8', configuration: 'grpc-web', needs: ['browser'] } as const;

/** What each library can do. That of gRPC gets a stream in text mode alone, and Connect's has no text mode. */
const WAYS = {
  'fetch-binary': { by: 'fetch', mode: 'binary', streams: true },
  'fetch-text': { by: 'fetch', mode: 'text', streams: true },
  'grpc-web-binary': { by: 'grpc-web', mode: 'binary', streams: false },
  'grpc-web-text': { by: 'grpc-web', mode: 'text', streams: true },
  'connect-web-binary': { by: 'connect-web', mode: 'binary', streams: true },
} as const satisfies Readonly<
  Record<string, Pick<BrowserInvocation, 'by' | 'mode'> & { readonly streams: boolean }>
>;
const INTERVAL_MS = 200;

const translated = expand(
  {
    way: Object.keys(WAYS) as (keyof typeof WAYS)[],
    http: HTTP,
    kind: ['unary', 'server-stream'],
  },
  ({ way, http, kind }): Case | undefined => {
    const { by, mode, streams } = WAYS[way];
    if (kind === 'server-stream' && !streams) return undefined;
    const count = kind === 'unary' ? 1 : 4;
    return {
      name: 'grpc-web/page/translated',
      ...FACTS,
      title: `A page's ${kind} RPC by ${by} in ${mode} mode over HTTP/${http} is one to the service.`,
      invocation: {
        ...page(by, kind),
        http,
        mode,
        requests: requestsFor(kind, count, 300),
        script: {
          steps: [
            { messages: { count, payloadBytes: 300, intervalMs: INTERVAL_MS } },
            { status: 'OK', trailers: { 'x-end': 'after' } },
          ],
        },
      },
      expectation: {
        rpc: {
          status: 'OK',
          ...replies(count),
          payloadBytes: 300,
          servedBy: { service: SERVICE },
          trailers: { 'x-end': 'after' },
          http: httpReply('tls', http, mode),
          page: CONTENT,
        },
        ledger: {
          attempts: 1,
          service: SERVICE,
          received: 1,
          halfClosed: true,
          metadata: { 'content-type': 'application/grpc', 'x-grpc-web': '1' },
        },
        preflight: { ...ANSWERED_PREFLIGHT, protocol: `HTTP/${http}` },
        gateway: { ...webWayIn('tls', http), ...TRANSLATED },
      },
      sabotages: [filterAbsent('grpc-status: expected OK'), matchesNothing('grpc-status: expected OK')],
    };
  },
);

const FAILED = { status: 'FAILED_PRECONDITION', message: 'ünlucky: 100%' } as const;

/** A status behind messages is read from the body, where the policy's exposeHeaders count for nothing. */
const failed = expand({ by: LIBRARIES, stage: ['trailers-only', 'after-message'] }, ({ by, stage }): Case => {
  const only = stage === 'trailers-only';
  return {
    name: 'grpc-web/page/failed',
    ...FACTS,
    title: only
      ? `A page reads a status that is all of the reply by ${by}.`
      : `A page reads a status behind a message by ${by}.`,
    invocation: {
      ...page(by, 'server-stream'),
      script: { steps: [...(only ? [] : [{ messages: { payloadBytes: 100 } }]), FAILED] },
    },
    expectation: {
      rpc: {
        status: FAILED.status,
        // The spelling of what is not ASCII is each library's own.
        details: /nlucky: 100%|%C3%BCnlucky: 100%25/,
        count: only ? 0 : 1,
        page: CONTENT,
      },
      ledger: { attempts: 1, perAttempt: [{ status: FAILED.status, trailersOnly: only }] },
      preflight: ANSWERED_PREFLIGHT,
      gateway: {
        ...webWayIn('tls', '2'),
        ...(only ? routedTo(SERVICE, statusCode(FAILED.status)) : TRANSLATED),
      },
    },
    sabotages: [serverFails('OK', `grpc-status: expected ${FAILED.status}, got OK`)],
  };
});

/** The connection to the service is reset: the gateway answers with an HTTP status, and the grpc-status beside it. */
const byGateway = expand({ by: LIBRARIES }, ({ by }): Case => ({
  name: 'grpc-web/page/by-gateway',
  ...FACTS,
  title: `A page learns by ${by} that the service broke the call off.`,
  invocation: { ...page(by), script: { steps: [{ reset: 2 }] } },
  expectation: {
    rpc: { status: 'UNAVAILABLE', count: 0, http: { status: 503, alpn: 'h2' } },
    ledger: { attempts: 1, service: SERVICE },
    preflight: ANSWERED_PREFLIGHT,
    gateway: { ...webWayIn('tls', '2'), grpcStatus: 14, responseFlags: 'UR' },
  },
  sabotages: [serverFails('OK', 'grpc-status: expected UNAVAILABLE, got OK')],
}));

/** It is also what shows that messages come one by one: the stream lasts for seconds after those that were read. */
const cancelled = expand({ by: LIBRARIES }, ({ by }): Case => ({
  name: 'grpc-web/page/cancelled',
  ...FACTS,
  title: `A page that cancels by ${by} ends the RPC at the service too.`,
  invocation: {
    ...page(by, 'server-stream'),
    cancelAfter: 2,
    script: { steps: [{ messages: { count: 20, intervalMs: INTERVAL_MS } }] },
  },
  expectation: {
    rpc: { status: 'CANCELLED', page: { console: '' } },
    ledger: { attempts: 1, service: SERVICE, cancelled: true },
    preflight: ANSWERED_PREFLIGHT,
    // The page is closed next: the end of its connection may be what the gateway sees first.
    gateway: { ...webWayIn('tls', '2'), responseFlags: /^D[RC]$/ },
  },
  sabotages: [allTheWay],
}));

/** The deadline is told to the service, and each end has a clock of its own: either may be first. */
const deadline = expand({ by: LIBRARIES }, ({ by }): Case => ({
  name: 'grpc-web/page/deadline',
  ...FACTS,
  title: `A page's deadline by ${by} reaches the service as grpc-timeout.`,
  invocation: {
    ...page(by),
    method: METHODS.greeter.unary,
    // On a busy machine the preflight takes its part of it.
    deadlineMs: 4_000,
    script: { steps: [{ wait: 10_000 }, { messages: {} }] },
  },
  expectation: {
    rpc: {
      status: 'DEADLINE_EXCEEDED',
      tolerated: [
        { status: 'UNAVAILABLE', because: 'the gateway may end it first, with HTTP status 504' },
        { status: 'UNKNOWN', because: 'grpc-web reports a request that timed out by itself so' },
      ],
      count: 0,
    },
    ledger: { attempts: 1, service: SERVICE, deadlineMs: { min: 500, max: 4_000 } },
    preflight: ANSWERED_PREFLIGHT,
    gateway: webWayIn('tls', '2'),
  },
  sabotages: [serverFails('OK', 'grpc-status: expected DEADLINE_EXCEEDED')],
}));

export const cases: readonly Case[] = [...translated, ...failed, ...byGateway, ...cancelled, ...deadline];
