import { statusCode } from '../../src/clients/grpc-status.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { replies, routedTo } from '../expectations.ts';
import { METHODS, TRANSPORTS, requestsFor } from '../requests.ts';
import { cases as edges } from './edges.ts';
import { cases as gatewayErrors } from './gateway-errors.ts';
import { cases as pages } from './pages.ts';
import { HTTP, MODES, SERVICE, TRANSLATED, httpReply, webWayIn } from './expectations.ts';
import { filterAbsent, matchesNothing, oldFilter, oldFilterUntyped } from './sabotages.ts';

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
            { messages: { count, payloadBytes: 300, intervalMs: 200 } },
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
          ...(count > 1 ? { betweenFirstAndLastMs: { min: 300 } } : {}),
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
        gateway: { ...webWayIn(transport, http), ...TRANSLATED },
      },
      sabotages: [
        filterAbsent('grpc-status: expected OK'),
        matchesNothing('grpc-status: expected OK'),
        oldFilter,
      ],
    };
  },
);

/** A google.rpc.Status of the code, the message and the detail below, serialized. */
const DETAILS =
  'CAkSDsO8bmx1Y2t5OiAxMDAlGi8KKHR5cGUuZ29vZ2xlYXBpcy5jb20vZ29vZ2xlLnJwYy5FcnJvckluZm8SAwABAg==';
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
          trailers: { 'x-end': 'after', 'grpc-status-details-bin': DETAILS },
          http: httpReply(transport, http, mode),
        },
        ledger: {
          attempts: 1,
          service: SERVICE,
          perAttempt: [{ status: FAILED.status, trailersOnly: only }],
        },
        gateway: {
          ...webWayIn(transport, http),
          ...(only ? routedTo(SERVICE, statusCode(FAILED.status)) : TRANSLATED),
        },
      },
      sabotages: [filterAbsent('content-type: expected application/grpc-web')],
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
        // One answer for all of its filter chains.
        answer: /^[^;]*envoy\.filters\.http\.grpc_web, envoy\.filters\.http\.router$/,
      },
      { question: { ask: 'rejected listeners' }, answer: 'none' },
    ],
  },
  sabotages: [filterAbsent('http filters'), matchesNothing('http filters'), oldFilter, oldFilterUntyped],
}));
export const cases: readonly Case[] = [
  ...translated,
  ...failed,
  ...listeners,
  ...edges,
  ...pages,
  ...gatewayErrors,
];
