import type { TeamCase } from 'meshproof';

/** What no configuration says by itself: that the reason for which an order is refused reaches the app. */
export const orderCases: readonly TeamCase[] = [
  {
    name: 'shop/orders/out-of-stock',
    row: 'S14',
    title: 'The app learns why an order was refused.',
    invocation: {
      client: 'grpc-js',
      transport: 'tls',
      authority: 'api.shop.example',
      method: 'shop.v1.Orders/Place',
      requests: [{ product_ids: ['teapot'] }],
      deadlineMs: 10_000,
      script: {
        steps: [{ awaitHalfClose: true }, { status: 'FAILED_PRECONDITION', message: 'out of stock' }],
      },
    },
    expectation: {
      rpc: { status: 'FAILED_PRECONDITION', details: 'out of stock', count: 0 },
      ledger: { attempts: 1, service: 'orders.shop', received: 1 },
    },
    sabotages: [
      {
        name: 'a server without a message',
        change: { script: { steps: [{ awaitHalfClose: true }, { status: 'FAILED_PRECONDITION' }] } },
        caughtBy: 'grpc-message: expected out of stock',
      },
    ],
  },
];
