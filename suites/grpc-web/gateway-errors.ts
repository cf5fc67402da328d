import type { GatewayExpectation, RpcExpectation } from '../../src/conformance/expectation.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { METHODS } from '../requests.ts';
import { CONTENT_TYPE, HTTP, MODES, webWayIn } from './expectations.ts';
import { everythingRouted } from './sabotages.ts';

/**
 * How the gateway answers gRPC-Web by itself. A reply with a body has the body moved to grpc-message, and a grpc-status
 * by its HTTP status; one without a body stays as it is, and says nothing of gRPC (Envoy's grpc_web filter).
 */
const ANSWERS = {
  'no-route': {
    method: 'mypackage.UserServiceV2/GetUser',
    rpc: { status: 'UNIMPLEMENTED', statusFrom: 'HTTP status', http: { status: 404 } },
    gateway: { responseCode: 404, responseFlags: 'NR', responseCodeDetails: 'route_not_found' },
  },
  'no-endpoint': {
    method: METHODS['streaming-service'].unary,
    rpc: {
      status: 'UNAVAILABLE',
      details: 'no healthy upstream',
      statusFrom: 'headers',
      http: { status: 503 },
    },
    gateway: { responseCode: 503, responseFlags: 'UH', responseCodeDetails: 'no_healthy_upstream' },
  },
  'direct-with-body': {
    method: METHODS['user-service'].unary,
    rpc: {
      status: 'UNAVAILABLE',
      details: 'closed for maintenance',
      statusFrom: 'headers',
      http: { status: 503 },
    },
    gateway: { responseCode: 503, responseCodeDetails: 'direct_response' },
  },
  'direct-without-body': {
    method: METHODS['order-service'].unary,
    rpc: { status: 'PERMISSION_DENIED', statusFrom: 'HTTP status', http: { status: 403 } },
    gateway: { responseCode: 403, responseCodeDetails: 'direct_response' },
  },
  // The fault filter stands before the one of gRPC-Web, which never sees the request.
  'fault-429': {
    method: METHODS.greeter['server-stream'],
    rpc: {
      status: 'UNAVAILABLE',
      details: 'HTTP status 429 without grpc-status: fault filter abort',
      statusFrom: 'HTTP status',
      http: { status: 429 },
    },
    gateway: { responseCode: 429, responseFlags: 'FI', responseCodeDetails: 'fault_filter_abort' },
  },
} as const satisfies Readonly<
  Record<string, { method: string; rpc: RpcExpectation; gateway: GatewayExpectation }>
>;
type Answer = keyof typeof ANSWERS;

const answered = expand(
  { answer: Object.keys(ANSWERS) as Answer[], http: HTTP, mode: MODES },
  ({ answer, http, mode }): Case => {
    const { method, rpc, gateway } = ANSWERS[answer];
    return {
      name: 'grpc-web/gateway-error',
      row: 'S8',
      title: `What the gateway answers by itself (${answer}) has the HTTP status and says what it can of gRPC.`,
      configuration: 'grpc-web-errors',
      invocation: { client: 'grpc-web', transport: 'tls', http, mode, method, deadlineMs: 10_000 },
      expectation: {
        rpc: {
          ...rpc,
          count: 0,
          servedBy: null,
          ...('details' in rpc && rpc.statusFrom === 'headers'
            ? { http: { ...rpc.http, contentType: CONTENT_TYPE[mode] } }
            : {}),
        },
        ledger: { attempts: 0 },
        gateway: { ...webWayIn('tls', http), ...gateway, upstreamHost: null },
      },
      sabotages: [everythingRouted('HTTP status: expected')],
    };
  },
);

/** The route's timeout ends a reply that has begun: it can be told by no status any more. */
const timedOut = expand(
  { http: HTTP, mode: MODES, stage: ['before', 'after-message'] },
  ({ http, mode, stage }) => {
    const before = stage === 'before';
    return {
      name: 'grpc-web/timeout',
      row: 'S8',
      title: before
        ? 'A route timeout before the reply is HTTP status 504 with a grpc-status beside it.'
        : 'A route timeout in the middle of a reply leaves it without a status.',
      configuration: 'grpc-web-errors',
      invocation: {
        client: 'grpc-web',
        transport: 'tls',
        http,
        mode,
        method: METHODS.greeter.unary,
        // The service is told the route's timeout as its deadline, and would end the RPC first.
        script: { ignoreDeadline: true, steps: [...(before ? [] : [{ messages: {} }]), { wait: 3_000 }] },
      },
      expectation: {
        rpc: before
          ? {
              status: 'UNAVAILABLE',
              details: 'upstream request timeout',
              statusFrom: 'headers',
              http: { status: 504, contentType: CONTENT_TYPE[mode] },
              ended: { by: 'route timeout', atMs: 1_000 },
            }
          : { status: 'UNAVAILABLE', statusFrom: 'client', count: 1 },
        ledger: { attempts: 1, service: 'grpc-service', cancelled: true },
        gateway: { ...webWayIn('tls', http), responseFlags: 'UT' },
      },
      ...(before ? { alone: true } : {}),
      sabotages: [everythingRouted('grpc-status: expected UNAVAILABLE, got')],
    } satisfies Case;
  },
);

export const cases: readonly Case[] = [...answered, ...timedOut];
