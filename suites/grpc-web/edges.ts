import type { GrpcWebInvocation } from '../../src/clients/invocation.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { requestsSeen, routedTo, wayIn } from '../expectations.ts';
import { METHODS, RPC_KINDS, TRANSPORTS, repliesTo, requestsFor } from '../requests.ts';
import { CONTENT_TYPE, HTTP, MODES, SERVICE, TRANSLATED, httpReply, webWayIn } from './expectations.ts';
import { filterAbsent, plainContentType, seedMatch } from './sabotages.ts';

const accepted = expand(
  { http: HTTP, mode: MODES, accept: MODES },
  ({ http, mode, accept }): Case | undefined =>
    mode === accept
      ? undefined
      : {
          name: 'grpc-web/accept/tls',
          row: 'S8',
          title: `A request in ${mode} mode that accepts ${accept} mode is answered in ${accept} mode.`,
          configuration: 'grpc-web',
          invocation: {
            client: 'grpc-web',
            transport: 'tls',
            http,
            mode,
            accept: CONTENT_TYPE[accept],
            method: METHODS.greeter.unary,
            requests: requestsFor('unary', 1, 300),
            deadlineMs: 10_000,
          },
          expectation: {
            rpc: { status: 'OK', count: 1, payloadBytes: 300, http: httpReply('tls', http, accept) },
            ledger: { attempts: 1, service: SERVICE, received: 1 },
            gateway: { ...webWayIn('tls', http), ...TRANSLATED },
          },
          sabotages: [filterAbsent('grpc-status: expected OK')],
        },
);

const byGateway = expand(
  { transport: TRANSPORTS, http: HTTP, mode: MODES },
  ({ transport, http, mode }): Case => ({
    name: 'grpc-web/by-gateway',
    row: 'S8',
    title: 'A reply that the gateway makes itself has its HTTP status, and the grpc-status beside it.',
    configuration: 'grpc-web',
    invocation: {
      client: 'grpc-web',
      transport,
      http,
      mode,
      method: METHODS.greeter.unary,
      deadlineMs: 10_000,
      script: { steps: [{ reset: 2 }] },
    },
    expectation: {
      rpc: {
        status: 'UNAVAILABLE',
        details: /reset reason: remote reset/,
        statusFrom: 'headers',
        servedBy: null,
        http: { ...httpReply(transport, http, mode), status: 503 },
      },
      ledger: { attempts: 1, service: SERVICE },
      gateway: { ...webWayIn(transport, http), grpcStatus: 14, responseFlags: 'UR' },
    },
    sabotages: [filterAbsent('content-type: expected application/grpc-web')],
  }),
);

const badBase64 = expand({ transport: TRANSPORTS, http: HTTP }, ({ transport, http }): Case => ({
  name: 'grpc-web/bad-base64',
  row: 'S8',
  title: 'What is no base64 in text mode is refused by the gateway.',
  configuration: 'grpc-web',
  invocation: {
    client: 'http',
    transport,
    http,
    verb: 'POST',
    path: `/${METHODS.greeter.unary}`,
    headers: { 'content-type': CONTENT_TYPE.text, accept: CONTENT_TYPE.text },
    body: Buffer.from('no base64!').toString('base64'),
  },
  expectation: {
    http: { status: 400, headers: { 'grpc-status': '13', 'grpc-message': /invalid base64/ } },
    // No ledger: what is wrong is seen in the body, when the headers may be on their way to the service.
    gateway: { ...webWayIn(transport, http), responseCode: 400, grpcStatus: 13 },
  },
  sabotages: [filterAbsent('HTTP status: expected 400')],
}));

/**
 * Envoy compares the content-type as a whole. A server of grpc-js takes whatever begins with application/grpc, and
 * answers in native gRPC: the RPC was executed, and its status is nowhere to be seen.
 */
const notTranslated = expand({ http: HTTP, parameter: ['charset', 'json'] }, ({ http, parameter }): Case => {
  const contentType =
    parameter === 'json' ? 'application/grpc-web+json' : `${CONTENT_TYPE.binary}; charset=utf-8`;
  const invocation: GrpcWebInvocation = {
    client: 'grpc-web',
    transport: 'tls',
    http,
    mode: 'binary',
    contentType,
    method: METHODS.greeter.unary,
    deadlineMs: 10_000,
  };
  return {
    name: 'grpc-web/not-translated/tls',
    row: 'S8',
    title: `${contentType} is not translated: it is handed on as it is.`,
    configuration: 'grpc-web',
    invocation,
    expectation: {
      rpc: {
        status: 'UNKNOWN',
        statusFrom: 'HTTP status',
        http: { status: 200, contentType: 'application/grpc+proto' },
      },
      ledger: { attempts: 1, metadata: { 'content-type': contentType } },
      gateway: { ...webWayIn('tls', http), ...routedTo(SERVICE), grpcStatus: null, contentType },
    },
    sabotages: [plainContentType(CONTENT_TYPE.binary, 'grpc-status: expected UNKNOWN, got OK')],
  };
});

/** The filter leaves alone what is not gRPC-Web: both ways go through one listener and one route. */
const native = expand({ transport: TRANSPORTS, kind: RPC_KINDS }, ({ transport, kind }): Case => {
  const requests = requestsFor(kind, 3, 100);
  return {
    name: 'grpc-web/native',
    row: 'S8',
    title: `A ${kind} RPC in native gRPC is answered beside gRPC-Web.`,
    configuration: 'grpc-web',
    invocation: { client: 'grpc-js', transport, method: METHODS.greeter[kind], requests, deadlineMs: 10_000 },
    expectation: {
      rpc: { status: 'OK', ...repliesTo(kind, 3, 100), servedBy: { service: SERVICE } },
      ledger: { attempts: 1, service: SERVICE, ...requestsSeen(requests.length), halfClosed: true },
      gateway: { ...wayIn(transport), ...routedTo(SERVICE) },
    },
    sabotages: [seedMatch('grpc-status: expected OK, got UNIMPLEMENTED')],
  };
});

export const cases: readonly Case[] = [...accepted, ...byGateway, ...badBase64, ...notTranslated, ...native];
