import { expand, type Case, type Sabotage } from '../../src/conformance/model.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { jsonPatch } from '../patches.ts';
import { METHODS, TRANSPORTS, repliesTo } from '../requests.ts';
import { PAYLOAD, REQUESTS, SERVICE, heldOpen } from '../held-open.ts';

/** What `manifests/limits` sets for the streaming service, beside a limit of one connection. */
const LIMIT = 5;
const ONE_MORE = 'one more';

const requestsLimit = (name: string, value: number, caughtBy: string): Sabotage => ({
  name,
  change: {
    manifests: [
      jsonPatch('DestinationRule', 'streams', {
        op: 'replace',
        path: '/spec/trafficPolicy/connectionPool/http/http2MaxRequests',
        value,
      }),
    ],
  },
  caughtBy,
});

/** A limit counts RPCs, not connections: streams that are open take its places. */
const breaking = expand(
  { held: ['below', 'at-limit'], kind: ['client-stream', 'bidi'], transport: TRANSPORTS },
  ({ held, kind, transport }): Case => {
    const full = held === 'at-limit';
    const streams = full ? LIMIT : LIMIT - 1;
    const unary = { client: 'grpc-js', transport, method: METHODS[SERVICE].unary } as const;
    return {
      name: 'limits/requests',
      row: 'S13',
      title: full
        ? `With ${LIMIT} ${kind} RPCs open the next one is refused at the gateway, and they go on.`
        : `With ${streams} ${kind} RPCs open there is room for one more.`,
      configuration: 'limits',
      invocation: heldOpen(transport, kind, streams),
      actions: [{ await: 'response headers' }, { invoke: unary, as: ONE_MORE }],
      expectation: {
        rpc: { status: 'OK', ...repliesTo(kind, REQUESTS, PAYLOAD), servedBy: { service: SERVICE } },
        ledger: { attempts: 1, service: SERVICE, cancelled: false },
        gateway: { ...wayIn(transport), ...routedTo(SERVICE) },
        meanwhile: {
          [ONE_MORE]: full
            ? {
                rpc: {
                  status: 'UNAVAILABLE',
                  details: /reset reason: overflow$/,
                  count: 0,
                  servedBy: null,
                },
                ledger: { attempts: 0 },
                gateway: {
                  ...wayIn(transport),
                  grpcStatus: 14,
                  responseFlags: 'UO',
                  responseCodeDetails: 'upstream_reset_before_response_started{overflow}',
                },
              }
            : {
                rpc: { status: 'OK', count: 1, servedBy: { service: SERVICE } },
                ledger: { attempts: 1, service: SERVICE },
                gateway: { ...wayIn(transport), ...routedTo(SERVICE) },
              },
        },
      },
      sabotages: [
        full
          ? requestsLimit(
              'a higher limit',
              LIMIT + 1,
              `grpc-status (${ONE_MORE}): expected UNAVAILABLE, got OK`,
            )
          : requestsLimit(
              'a lower limit',
              LIMIT - 1,
              `grpc-status (${ONE_MORE}): expected OK, got UNAVAILABLE`,
            ),
      ],
    };
  },
);

const limits = (service: string, answer: string, sabotage: Sabotage): Case => ({
  name: `limits/configuration/${service}`,
  row: 'S13',
  title: `What may be under way at once to ${service} is what the DestinationRule says, and without one there is no limit.`,
  configuration: 'limits',
  invocation: { client: 'configuration' },
  expectation: {
    configuration: [{ question: { ask: 'circuit breakers', service, port: 50051 }, answer }],
  },
  sabotages: [sabotage],
});

const UNLIMITED = 4_294_967_295;

export const circuitCases: readonly Case[] = [
  ...breaking,
  limits(
    SERVICE,
    `${LIMIT} requests, ${UNLIMITED} retries, 1 connections`,
    requestsLimit('a higher limit', LIMIT + 1, 'got 6 requests'),
  ),
  // Envoy's own defaults would be 1024 requests and 3 retries.
  limits('grpc-service', `${UNLIMITED} requests, ${UNLIMITED} retries, ${UNLIMITED} connections`, {
    name: 'a limit for all',
    change: {
      manifests: [
        jsonPatch('DestinationRule', 'streams', { op: 'replace', path: '/spec/host', value: 'grpc-service' }),
      ],
    },
    caughtBy: 'got 5 requests',
  }),
];
