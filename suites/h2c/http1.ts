import type { HttpInvocation } from '../../src/clients/invocation.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { framed } from '../plain-grpc.ts';
import { httpsRedirect, noPlaintextServer, serverSays } from './sabotages.ts';

const WAY = { ...wayIn('h2c'), protocol: 'HTTP/1.1' } as const;
const REDIRECTED = 'expected via_upstream, got direct_response';
const CLIENTS = ['undici', 'node'] as const;
const NAMES = { undici: 'undici (HTTP/1.1)', node: 'node:http (HTTP/1.1)' } as const;

const http1 = (by: (typeof CLIENTS)[number]): HttpInvocation => ({
  ...framed('h2c', '1.1'),
  ...(by === 'node' ? { by } : {}),
});

/**
 * HTTP/1.1 can have trailers, and Envoy does not send them on: the answer looks whole, and says nowhere how the RPC
 * ended. This is why a gRPC client must not fall back to HTTP/1.1.
 */
const statusLost = expand({ by: CLIENTS }, ({ by }): Case => ({
  name: 'h2c/http1-client',
  row: 'S3',
  title: `gRPC by ${NAMES[by]} reaches the service, and its status is lost on the way back.`,
  configuration: 'catch-all',
  cell: {
    table: 'h2c-clients',
    line: NAMES[by],
    column: 'prior knowledge',
    says: 'no: HTTP/1.1, which loses the status',
  },
  invocation: http1(by),
  expectation: {
    http: {
      status: 200,
      headers: { 'content-type': /^application\/grpc/, 'grpc-status': null },
      trailers: { 'grpc-status': null },
      error: '',
    },
    ledger: { attempts: 1, service: 'grpc-service' },
    gateway: { ...WAY, ...routedTo('grpc-service') },
  },
  sabotages: [httpsRedirect(REDIRECTED), noPlaintextServer('HTTP status')],
}));

/** A status that the server sends at once comes as headers, which HTTP/1.1 has too. */
const statusKept = expand({ by: CLIENTS }, ({ by }): Case => ({
  name: 'h2c/http1-client/trailers-only',
  row: 'S3',
  title: `Of gRPC by ${NAMES[by]} a status without any reply does arrive: it comes as headers.`,
  configuration: 'catch-all',
  invocation: { ...http1(by), script: { steps: [{ status: 'NOT_FOUND', message: 'nobody' }] } },
  expectation: {
    http: {
      status: 200,
      headers: { 'content-type': /^application\/grpc/, 'grpc-status': '5', 'grpc-message': 'nobody' },
      error: '',
    },
    ledger: { attempts: 1, service: 'grpc-service', perAttempt: [{ trailersOnly: true }] },
    gateway: { ...WAY, ...routedTo('grpc-service', 5) },
  },
  sabotages: [httpsRedirect(REDIRECTED), serverSays('header grpc-status: expected 5, got nothing')],
}));

/** What asks for HTTP/2 in HTTP/1.1 (RFC 7540, section 3.2; RFC 9113, section 3.1 has withdrawn it). */
const ASKING = {
  whole: { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' },
  'without-settings': { connection: 'Upgrade', upgrade: 'h2c' },
} as const;

/** Envoy answers in HTTP/1.1, as a server may that does not know the protocol asked for. */
const upgrade = expand(
  { asking: Object.keys(ASKING) as (keyof typeof ASKING)[], status: ['ok', 'not-found'] },
  ({ asking, status }): Case => {
    const ok = status === 'ok';
    const { headers, ...exchange } = http1('node');
    return {
      name: 'h2c/upgrade',
      row: 'S3',
      title: 'An HTTP/1.1 request that asks for an upgrade to h2c is answered, and not upgraded.',
      configuration: 'catch-all',
      cell: {
        table: 'h2c-clients',
        line: NAMES.node,
        column: 'Upgrade: h2c',
        says: 'not upgraded: answered over HTTP/1.1',
      },
      invocation: {
        ...exchange,
        headers: { ...headers, ...ASKING[asking] },
        ...(ok ? {} : { script: { steps: [{ status: 'NOT_FOUND', message: 'nobody' }] } }),
      },
      expectation: {
        http: {
          status: 200,
          headers: { 'content-type': /^application\/grpc/, 'grpc-status': ok ? null : '5', upgrade: null },
          error: '',
        },
        // Upgrade and HTTP2-Settings are of the connection, and end with it (RFC 9110, section 7.6.1).
        ledger: {
          attempts: 1,
          service: 'grpc-service',
          metadata: { upgrade: null, 'http2-settings': null, connection: null },
        },
        gateway: { ...WAY, ...routedTo('grpc-service', ok ? 0 : 5) },
      },
      sabotages: [httpsRedirect(REDIRECTED), noPlaintextServer('HTTP status: expected 200, got 0')],
    };
  },
);

/** What is not HTTP/2 at the plaintext port. */
export const http1Cases: readonly Case[] = [...statusLost, ...statusKept, ...upgrade];
