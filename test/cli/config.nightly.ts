import { describe, test } from 'vitest';
import { type WrongLine, ownExamples } from './examples.ts';
import { canRunLocally } from './meshproof.ts';

const WRONG: readonly WrongLine[] = [
  {
    what: 'a backend of Gateway API that is another',
    example: 'parcels',
    file: 'deploy/routes.yaml',
    from: '{ name: depots, namespace: logistics, port: 9090 }',
    to: '{ name: labels, port: 50051 }',
    only: ['parcels/route/grpc.parcels.example/parcels.depots.v1.depots/**'],
    entry: 'rules[0] of GRPCRoute parcels/depots',
  },
  {
    what: 'a wrong backend',
    example: 'shop',
    file: 'deploy/routes.yaml',
    from: 'host: stock.warehouse.svc.cluster.local',
    to: 'host: catalogue',
    only: ['shop/route/grpc.shop.internal/**'],
    entry: 'http[0] of VirtualService shop/internal',
  },
  {
    what: 'a ReferenceGrant for another namespace',
    example: 'parcels',
    file: 'deploy/routes.yaml',
    from: 'kind: GRPCRoute, namespace: parcels',
    to: 'kind: GRPCRoute, namespace: parcel',
    only: ['parcels/route/grpc.parcels.example/parcels.depots.v1.depots/**'],
    entry: 'rules[0] of GRPCRoute parcels/depots',
  },
  {
    what: 'a prefix that is too wide',
    example: 'shop',
    file: 'deploy/routes.yaml',
    from: '/shop.stock.v1.Stock/',
    to: '/shop.stock.v1.Stock',
    only: ['shop/near-miss/grpc.shop.internal/**'],
    entry: 'http[0] of VirtualService shop/internal',
  },
  {
    what: 'a timeout on a stream',
    example: 'shop',
    file: 'deploy/routes.yaml',
    from: '    # An order must not be placed twice.',
    to: '      timeout: 3s\n    # An order must not be placed twice.',
    only: ['shop/stream/api.shop.example/shop.v1.orders.watch'],
    entry: 'http[3] of VirtualService shop/api',
  },
];

describe.skipIf(!canRunLocally)("a team's own configuration, whole", () => {
  const { provesAll, names } = ownExamples('test-config-all');

  test.each(['shop', 'parcels'] as const)(
    'whatever is broken of %s is seen',
    { timeout: 15 * 60_000 },
    (example) => provesAll(example),
  );

  test.each(WRONG)('$what is found, and its line is named', names);
});
