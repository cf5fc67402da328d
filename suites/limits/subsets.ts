import type { GatewayExpectation } from '../../src/conformance/expectation.ts';
import { expand, type Case, type Sabotage } from '../../src/conformance/model.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { jsonPatch } from '../patches.ts';
import { METHODS, TRANSPORTS } from '../requests.ts';

const ORDERS = 'order-grpc-service';
const facts = (transport: (typeof TRANSPORTS)[number], subset: string) =>
  ({
    row: 'S4',
    configuration: 'limits',
    invocation: {
      client: 'grpc-js',
      transport,
      method: METHODS['order-service'].unary,
      metadata: { 'x-subset': subset },
      deadlineMs: 10_000,
    },
  }) as const;

/** One subset picks other pods than it did. */
const otherLabels = (subset: number, version: string, caughtBy: string): Sabotage => ({
  name: `subset v${subset + 1} picks ${version}`,
  change: {
    manifests: [
      jsonPatch('DestinationRule', 'orders', {
        op: 'replace',
        path: `/spec/subsets/${subset}/labels/version`,
        value: version,
      }),
    ],
  },
  caughtBy,
});

const found = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'limits/subset/v1',
  ...facts(transport, 'v1'),
  title: 'A route to a subset leads to its pods, by a cluster of its own.',
  expectation: {
    rpc: { status: 'OK', count: 1, servedBy: { service: ORDERS, version: 'v1' } },
    ledger: { attempts: 1, service: ORDERS },
    gateway: {
      ...wayIn(transport),
      ...routedTo(ORDERS),
      upstreamCluster: /^outbound\|50051\|v1\|order-grpc-service\./,
      routeName: 'v1',
    },
  },
  sabotages: [otherLabels(0, 'v9', 'grpc-status: expected OK, got UNAVAILABLE')],
}));

/** What the gateway says by itself. */
const NOBODY: Readonly<Record<'v2' | 'undefined', GatewayExpectation>> = {
  v2: {
    grpcStatus: 14,
    responseFlags: 'UH',
    responseCodeDetails: 'no_healthy_upstream',
    upstreamCluster: /^outbound\|50051\|v2\|order-grpc-service\./,
    upstreamHost: null,
  },
  // The route goes to a cluster that is not there.
  undefined: {
    grpcStatus: 14,
    responseFlags: 'NC',
    responseCodeDetails: 'cluster_not_found',
    upstreamHost: null,
  },
};

const nobody = expand(
  { subset: ['v2', 'undefined'], transport: TRANSPORTS },
  ({ subset, transport }): Case => {
    const none = subset === 'v2';
    return {
      name: 'limits/subset',
      ...facts(transport, subset),
      title: `A route to a subset ${none ? 'without pods' : 'that nobody has defined'} gives UNAVAILABLE, and the gateway says why.`,
      expectation: {
        rpc: {
          status: 'UNAVAILABLE',
          ...(none ? { details: 'no healthy upstream' } : {}),
          count: 0,
          servedBy: null,
        },
        ledger: { attempts: 0 },
        gateway: { ...wayIn(transport), ...NOBODY[subset], routeName: subset },
      },
      sabotages: [
        none
          ? otherLabels(1, 'v1', 'grpc-status: expected UNAVAILABLE, got OK')
          : {
              name: 'subset v3 defined',
              change: {
                manifests: [
                  jsonPatch('DestinationRule', 'orders', {
                    op: 'add',
                    path: '/spec/subsets/-',
                    value: { name: 'v3', labels: { version: 'v1' } },
                  }),
                ],
              },
              caughtBy: 'grpc-status: expected UNAVAILABLE, got OK',
            },
      ],
    };
  },
);

export const subsetCases: readonly Case[] = [...found, ...nobody];
