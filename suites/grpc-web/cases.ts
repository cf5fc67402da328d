import type { GrpcWebInvocation } from '../../src/clients/invocation.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import type { GatewayExpectation, RpcExpectation } from '../../src/conformance/expectation.ts';
import type { Transport } from '../../src/clients/target.ts';
import { replies, routedTo, wayIn } from '../expectations.ts';
import { METHODS, TRANSPORTS, requestsFor } from '../requests.ts';
import { filterAbsent, matchesNothing, oldFilter } from './sabotages.ts';
import { statusCode } from '../../src/clients/grpc-status.ts';

const SERVICE = 'grpc-service';
const HTTP = ['1.1', '2'] as const;
const MODES = ['binary', 'text'] as const;
type Http = (typeof HTTP)[number];
type Mode = (typeof MODES)[number];
const CONTENT_TYPE: Record<Mode, string> = {
  binary: 'application/grpc-web+proto',
  text: 'application/grpc-web-text+proto',
};

export const webWayIn = (transport: Transport, http: Http): GatewayExpectation => ({
  ...wayIn(transport),
  protocol: `HTTP/${http}`,
});

const httpReply = (transport: Transport, http: Http, mode: Mode): NonNullable<RpcExpectation['http']> => ({
  status: 200,
  contentType: CONTENT_TYPE[mode],
  alpn: transport === 'h2c' ? '' : http === '2' ? 'h2' : 'http/1.1',
});

const translated = expand(
  { transport: TRANSPORTS, http: HTTP, mode: MODES, kind: ['unary', 'server-stream'] },
  ({ transport, http, mode, kind }): Case => {
    const count = kind === 'unary' ? 1 : 4;
    return {
      name: 'grpc-web/translated',
      row: 'S8',
      title: `A ${kind} RPC in ${mode} mode over HTTP/${http} is one to the service, and its trailers are in the body.`,
      configuration: 'grpc-web',
      invocation: {
        client: 'grpc-web',
        transport,
        http,
        mode,
        method: METHODS.greeter[kind],
        requests: requestsFor(kind, count, 300),
        metadata: { 'x-sent': 'to the service', 'x-sent-bin': 'AAEC' },
        deadlineMs: 10_000,
        script: {
          steps: [
            { headers: { 'x-initial': 'before', 'x-initial-bin': '/+8=' } },
            { messages: { count, payloadBytes: 300, intervalMs: 100 } },
            { status: 'OK', trailers: { 'x-end': 'after', 'x-end-bin': '/+8=' } },
          ],
        },
      },
      expectation: {
        rpc: {
          status: 'OK',
          statusFrom: 'trailers frame',
          ...replies(count),
          payloadBytes: 300,
          ...(count > 1 ? { betweenFirstAndLastMs: { min: 250 } } : {}),
          servedBy: { service: SERVICE },
          initialMetadata: { 'x-initial': 'before', 'x-initial-bin': '/+8=', 'x-end': null },
          trailers: { 'x-end': 'after', 'x-end-bin': '/+8=' },
          http: httpReply(transport, http, mode),
        },
        ledger: {
          attempts: 1,
          service: SERVICE,
          received: 1,
          halfClosed: true,
          metadata: {
            'content-type': 'application/grpc',
            te: 'trailers',
            'x-sent': 'to the service',
            'x-sent-bin': 'AAEC',
          },
        },
        gateway: { ...webWayIn(transport, http), ...routedTo(SERVICE), contentType: CONTENT_TYPE[mode] },
      },
      sabotages: [filterAbsent('grpc-status: expected OK'), matchesNothing('grpc-status: expected OK'), oldFilter],
    };
  },
);

const FAILED = { status: 'FAILED_PRECONDITION', message: 'ünlucky: 100%' } as const;

const failed = expand(
  { transport: TRANSPORTS, http: HTTP, mode: MODES, stage: ['trailers-only', 'after-message'] },
  ({ transport, http, mode, stage }): Case => {
    const only = stage === 'trailers-only';
    const details = [{ typeUrl: 'type.googleapis.com/google.rpc.ErrorInfo', value: 'AAEC' }];
    return {
      name: 'grpc-web/failed',
      row: 'S8',
      title: only
        ? 'A reply that is nothing but its status has it in the HTTP headers.'
        : 'A status after a message stands in the trailers frame, whatever it is.',
      configuration: 'grpc-web',
      invocation: {
        client: 'grpc-web',
        transport,
        http,
        mode,
        method: METHODS.greeter['server-stream'],
        deadlineMs: 10_000,
        script: {
          steps: [
            ...(only ? [] : [{ messages: { payloadBytes: 300 } }]),
            { ...FAILED, details, trailers: { 'x-end': 'after' } },
          ],
        },
      },
      expectation: {
        rpc: {
          status: FAILED.status,
          details: FAILED.message,
          statusFrom: only ? 'headers' : 'trailers frame',
          count: only ? 0 : 1,
          servedBy: { service: SERVICE },
          trailers: { 'x-end': 'after', 'grpc-status-details-bin': /./ },
          http: httpReply(transport, http, mode),
        },
        ledger: {
          attempts: 1,
          service: SERVICE,
          perAttempt: [{ status: FAILED.status, trailersOnly: only }],
        },
        gateway: { ...webWayIn(transport, http), ...routedTo(SERVICE, statusCode(FAILED.status)) },
      },
      sabotages: [filterAbsent('grpc-status: expected FAILED_PRECONDITION')],
    };
  },
);

const accepted = expand({ http: HTTP, mode: MODES, accept: MODES }, ({ http, mode, accept }): Case | undefined =>
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
          gateway: { ...webWayIn('tls', http), ...routedTo(SERVICE), contentType: CONTENT_TYPE[mode] },
        },
        sabotages: [filterAbsent('grpc-status: expected OK')],
      },
);

const byGateway = expand({ transport: TRANSPORTS, http: HTTP, mode: MODES }, ({ transport, http, mode }): Case => ({
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
  sabotages: [filterAbsent('grpc-status: expected UNAVAILABLE')],
}));

const badBase64 = expand({ transport: TRANSPORTS, http: HTTP }, ({ transport, http }): Case => ({
  name: 'grpc-web/bad-base64',
  row: 'S8',
  title: 'What is no base64 in text mode is refused by the gateway, and reaches no service.',
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
    ledger: { attempts: 0 },
    gateway: { ...webWayIn(transport, http), responseCode: 400, grpcStatus: 13 },
  },
  sabotages: [filterAbsent('HTTP status: expected 400')],
}));

/** Envoy compares the content-type as a whole. */
const notTranslated = expand(
  { http: HTTP, parameter: ['charset', 'json'] },
  ({ http, parameter }): Case => {
    const contentType = parameter === 'json' ? 'application/grpc-web+json' : `${CONTENT_TYPE.binary}; charset=utf-8`;
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
      title: `${contentType} is handed on as it is, and no gRPC server takes it.`,
      configuration: 'grpc-web',
      invocation,
      expectation: {
        rpc: { status: 'UNKNOWN', http: { status: 415 } },
        ledger: { attempts: 1, metadata: { 'content-type': contentType } },
        gateway: { ...webWayIn('tls', http), contentType, responseCode: 415 },
      },
      sabotages: [filterAbsent('x')],
    };
  },
);

const listeners = expand({ listener: ['8443', '8080'] }, ({ listener }): Case => ({
  name: 'grpc-web/configuration',
  row: 'S8',
  title: `The filter stands before the router at the listener on ${listener}.`,
  configuration: 'grpc-web',
  invocation: { client: 'configuration' },
  expectation: {
    configuration: [
      {
        question: { ask: 'http filters', port: Number(listener) },
        answer: /^envoy\.filters\.http.*envoy\.filters\.http\.grpc_web, envoy\.filters\.http\.router$/,
      },
    ],
  },
  sabotages: [filterAbsent('http filters'), matchesNothing('http filters'), oldFilter],
}));
void requestsFor;
export const cases: readonly Case[] = [
  ...translated,
  ...failed,
  ...accepted,
  ...byGateway,
  ...badBase64,
  ...notTranslated,
  ...listeners,
];
