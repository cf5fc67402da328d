import type { Sabotage } from '../../src/conformance/model.ts';
import { jsonPatch } from '../patches.ts';

const ROUTE = [{ destination: { host: 'grpc-service', port: { number: 50051 } } }];

/** Puts the catch-all under another protocol than http. */
const movedTo = (name: string, ...operations: Parameters<typeof jsonPatch>[2][]) => ({
  name,
  change: {
    manifests: [jsonPatch('VirtualService', 'grpc-vs', { op: 'remove', path: '/spec/http' }, ...operations)],
  },
});

/** gRPC routed as if it were TCP. The listener speaks HTTP, so the route is never asked. */
export const routeUnderTcp = (caughtBy: string): Sabotage => ({
  ...movedTo('route under tcp', {
    op: 'add',
    path: '/spec/tcp',
    value: [{ match: [{ port: 80 }, { port: 443 }], route: ROUTE }],
  }),
  caughtBy,
});

/** gRPC routed as if its TLS were passed on. The listener ends TLS itself, so the route is never asked. */
export const routeUnderTls = (caughtBy: string): Sabotage => ({
  ...movedTo('route under tls', {
    op: 'add',
    path: '/spec/tls',
    value: [{ match: [{ port: 443, sniHosts: ['grpc.example.com'] }], route: ROUTE }],
  }),
  caughtBy,
});

/** The seed's own typo in the group of its streaming route: the API server knows no such kind. */
export const misspeltGroup = (caughtBy: string): Sabotage => ({
  name: 'networking.rypt.io/v1',
  change: {
    manifests: [
      jsonPatch('VirtualService', 'grpc-vs', {
        op: 'replace',
        path: '/apiVersion',
        value: 'networking.rypt.io/v1',
      }),
    ],
  },
  caughtBy,
});

/** The route names a Gateway that is not there. */
export const otherGateway = (caughtBy: string): Sabotage => ({
  name: 'route at another Gateway',
  change: {
    manifests: [
      jsonPatch('VirtualService', 'grpc-vs', {
        op: 'replace',
        path: '/spec/gateways',
        value: ['grpc-gatway'],
      }),
    ],
  },
  caughtBy,
});

/** The route leads to another service. */
export const otherDestination = (caughtBy: string): Sabotage => ({
  name: 'another destination',
  change: {
    manifests: [
      jsonPatch('VirtualService', 'grpc-vs', {
        op: 'replace',
        path: '/spec/http/0/route/0/destination/host',
        value: 'streaming-service',
      }),
    ],
  },
  caughtBy,
});

/** The route's host is any, so that a foreign authority is routed too. */
export const anyHost = (caughtBy: string): Sabotage => ({
  name: 'any host',
  change: {
    manifests: [
      jsonPatch('Gateway', 'grpc-gateway', { op: 'replace', path: '/spec/servers/1/hosts', value: ['*'] }),
      jsonPatch('VirtualService', 'grpc-vs', { op: 'replace', path: '/spec/hosts', value: ['*'] }),
    ],
  },
  caughtBy,
});

const matchedByPath = (name: string, virtualService: string, prefix: string) => ({
  name,
  change: {
    manifests: [
      jsonPatch('VirtualService', virtualService, {
        op: 'add',
        path: '/spec/http/0/match',
        value: [{ uri: { prefix } }],
      }),
    ],
  },
});

/** A path match takes the streaming route out of the collision. */
export const streamingMatched = (caughtBy: string): Sabotage => ({
  ...matchedByPath(
    'streaming route matches by path',
    'collision-2-grpc-streaming',
    '/mypackage.StreamingService/',
  ),
  caughtBy,
});

/** A path match takes the route with the retries out of the collision. */
export const resilienceMatched = (caughtBy: string): Sabotage => ({
  ...matchedByPath('resilience route matches by path', 'collision-3-grpc-resilience', '/mypackage.Greeter/'),
  caughtBy,
});
