import { provesAll } from './proving.ts';

// One family of each row, so that a change of the harness that makes checks blind is seen the same day.
provesAll('test-prove', [
  'tls-gateway/bounds/**',
  'http-routes/collision/**',
  'h2c/shape/**',
  'routing/path/**',
  'streaming/timer/**',
  'retries/buffer/**',
  'proxyless/discovery/**',
  'grpc-web/translated/**',
  'cors/preflight/**',
  'grpcurl/reflection/**',
  'on-the-wire/plain/**',
  'sidecar/rpc/**',
  'limits/requests/**',
  'fidelity/message/**',
]);
