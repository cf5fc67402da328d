import { defineConfig } from 'meshproof';
import { orderCases } from './order-cases.ts';

const API = 'api.shop.example';
const PUBLIC = [API, 'web.shop.example'];

export default defineConfig({
  name: 'shop',
  manifests: ['deploy'],
  namespace: 'shop',
  protos: ['proto'],
  routes: [
    { method: 'shop.v1.Catalogue/*', backend: 'catalogue:50051', subset: 'stable', hosts: PUBLIC },
    // Nobody waits longer for a product.
    { method: 'shop.v1.Catalogue/GetProduct', backend: 'catalogue:50051', hosts: [API], timeout: '5s' },
    {
      method: 'shop.v1.Catalogue/*',
      headers: { 'x-shop-canary': 'always' },
      hosts: [API],
      backend: 'catalogue:50051',
      subset: 'canary',
    },
    { method: 'shop.v1.Orders/Watch', backend: 'orders:9090', hosts: [API] },
    {
      method: 'shop.v1.Orders/*',
      backend: 'orders:9090',
      hosts: [API],
      // An order must not be placed twice.
      retries: 'none',
    },
    { method: 'grpc.health.v1.Health/*', backend: 'catalogue:50051', hosts: [API] },
    { method: 'shop.stock.v1.Stock/*', backend: 'stock.warehouse:50051', hosts: ['grpc.shop.internal'] },
  ],
  cases: orderCases,
});
