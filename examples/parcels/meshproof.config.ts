import { defineConfig } from 'meshproof';

const GRPC = ['grpc.parcels.example'];
const PRICES = ['prices.parcels.example'];

export default defineConfig({
  name: 'parcels',
  manifests: ['deploy'],
  namespace: 'parcels',
  routes: [
    { method: 'parcels.v1.Tracking/Follow', backend: 'tracking:50051', kind: 'server-stream', hosts: GRPC },
    { method: 'parcels.v1.Tracking/*', backend: 'tracking:50051', hosts: GRPC },
    // What the new service prints is the route's to say.
    { method: 'parcels.v1.Labels/*', backend: 'labels:50051', hosts: GRPC },
    { method: 'parcels.depots.v1.Depots/*', backend: 'depots.logistics:9090', hosts: GRPC },
    { method: 'parcels.v1.Prices/*', backend: 'prices:50051', hosts: PRICES, timeout: '3s' },
    {
      method: 'parcels.v1.Prices/*',
      headers: { 'x-parcels-contract': 'gold' },
      backend: 'prices-gold:50051',
      hosts: PRICES,
    },
  ],
});
