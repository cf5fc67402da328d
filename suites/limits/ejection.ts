import type { StatusName } from '../../src/clients/grpc-status.ts';
import { expand, type Action, type Case, type Sabotage } from '../../src/conformance/model.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { METHODS } from '../requests.ts';
import { SERVICE as STREAMS, heldOpen } from '../held-open.ts';

const SERVICE = 'grpc-service';
/** How many failures in a row are one too many. */
const FAILURES = 3;
const FAILING = 'the failures';
const PAUSE = 'a pause';
const NEXT = 'the next RPC';

/**
 * The only pod of the service may be ejected: what Istio's own default of a tenth would never do. What is applied anew
 * counts from nothing.
 */
const rule = (counting: string): string => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ejecting, namespace: default }
spec:
  host: ${SERVICE}
  trafficPolicy:
    outlierDetection: { ${counting}: ${FAILURES}, interval: 60s, baseEjectionTime: 60s, maxEjectionPercent: 100 }`;

const call = (transport: 'h2c', method: string, script?: object) =>
  ({
    client: 'grpc-js',
    transport,
    method,
    deadlineMs: 10_000,
    ...(script === undefined ? {} : { script }),
  }) as const;

const happens = (objects: readonly string[], status: StatusName, stage: Stage): readonly Action[] => [
  { await: 'response headers' },
  { apply: { objects } },
  {
    invoke: {
      ...call('h2c', METHODS.greeter.unary, {
        steps: [...(stage === 'trailers' ? [{ headers: {} }] : []), { status }],
      }),
      calls: FAILURES,
    },
    as: FAILING,
  },
  // Envoy decides on one thread, and tells the others.
  { invoke: call('h2c', METHODS[STREAMS].unary, { steps: [{ wait: 300 }, { answer: true }] }), as: PAUSE },
  { invoke: call('h2c', METHODS.greeter.unary), as: NEXT },
];

type Stage = 'trailers-only' | 'trailers';

interface Failing {
  readonly counting: 'consecutive5xxErrors' | 'consecutiveGatewayErrors';
  readonly status: StatusName;
  readonly stage: Stage;
  readonly ejects: boolean;
}

/**
 * To the ejection a gRPC status is the HTTP status that stands for it (envoy `source/common/grpc/status.cc`), if it is
 * in the first headers: what comes in trailers is not looked at (measured on Envoy 1.40).
 */
const FAILURES_OF = {
  unavailable: {
    counting: 'consecutive5xxErrors',
    status: 'UNAVAILABLE',
    stage: 'trailers-only',
    ejects: true,
  },
  'unavailable-in-trailers': {
    counting: 'consecutive5xxErrors',
    status: 'UNAVAILABLE',
    stage: 'trailers',
    ejects: false,
  },
  internal: { counting: 'consecutive5xxErrors', status: 'INTERNAL', stage: 'trailers-only', ejects: true },
  unimplemented: {
    counting: 'consecutive5xxErrors',
    status: 'UNIMPLEMENTED',
    stage: 'trailers-only',
    ejects: true,
  },
  'resource-exhausted': {
    counting: 'consecutive5xxErrors',
    status: 'RESOURCE_EXHAUSTED',
    stage: 'trailers-only',
    ejects: false,
  },
  'not-found': {
    counting: 'consecutive5xxErrors',
    status: 'NOT_FOUND',
    stage: 'trailers-only',
    ejects: false,
  },
  'gateway-unavailable': {
    counting: 'consecutiveGatewayErrors',
    status: 'UNAVAILABLE',
    stage: 'trailers-only',
    ejects: true,
  },
  'gateway-internal': {
    counting: 'consecutiveGatewayErrors',
    status: 'INTERNAL',
    stage: 'trailers-only',
    ejects: false,
  },
} as const satisfies Record<string, Failing>;

const ejected = expand(
  { failures: Object.keys(FAILURES_OF) as (keyof typeof FAILURES_OF)[] },
  ({ failures }): Case => {
    const { counting, status, stage, ejects }: Failing = FAILURES_OF[failures];
    const otherwise: Sabotage = ejects
      ? {
          name: `no outlierDetection for ${failures}`,
          change: { actions: happens([], status, stage) },
          caughtBy: `grpc-status (${NEXT}): expected UNAVAILABLE, got OK`,
        }
      : {
          name: `failures that count instead of ${failures}`,
          change: { actions: happens([rule(counting)], 'UNAVAILABLE', 'trailers-only') },
          caughtBy: `grpc-status (${NEXT}): expected OK, got UNAVAILABLE`,
        };
    return {
      name: 'limits/ejection',
      row: 'S13',
      title: `${FAILURES} times ${status} in a row${stage === 'trailers' ? ', in trailers,' : ''} ${ejects ? 'takes' : 'does not take'} a pod out by ${counting}; streams elsewhere go on.`,
      configuration: 'limits',
      invocation: heldOpen('h2c', 'bidi', 1),
      actions: happens([rule(counting)], status, stage),
      limitMs: 60_000,
      expectation: {
        rpc: { status: 'OK', servedBy: { service: STREAMS } },
        ledger: { attempts: 1, service: STREAMS },
        meanwhile: {
          [FAILING]: { rpc: { status, count: 0 }, ledger: { attempts: 1, service: SERVICE } },
          [PAUSE]: { rpc: { status: 'OK', count: 1 } },
          [NEXT]: ejects
            ? {
                rpc: { status: 'UNAVAILABLE', details: 'no healthy upstream', count: 0, servedBy: null },
                ledger: { attempts: 0 },
                gateway: {
                  ...wayIn('h2c'),
                  grpcStatus: 14,
                  responseFlags: 'UH',
                  responseCodeDetails: 'no_healthy_upstream',
                },
              }
            : {
                rpc: { status: 'OK', count: 1, servedBy: { service: SERVICE } },
                ledger: { attempts: 1, service: SERVICE },
                gateway: { ...wayIn('h2c'), ...routedTo(SERVICE) },
              },
        },
      },
      sabotages: [otherwise],
    };
  },
);

export const ejectionCases: readonly Case[] = ejected;
