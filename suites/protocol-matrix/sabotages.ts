import type { Sabotage } from '../../src/conformance/model.ts';
import { jsonPatch } from '../patches.ts';

const SERVICES = 'matrix-.*';

const declared = (name: string) =>
  jsonPatch('Service', SERVICES, {
    op: 'replace',
    path: '/spec/ports/0',
    value: { name, port: 50051, targetPort: 50051 },
  });

const asDeclared = jsonPatch('DestinationRule', SERVICES, { op: 'remove', path: '/spec/trafficPolicy' });

/** Whatever a port declares becomes HTTP/1.1. */
export const everyPortHttp = (caughtBy: string): Sabotage => ({
  name: 'every port declared http',
  change: { manifests: [declared('http'), asDeclared] },
  caughtBy,
});

/** Whatever a port declares becomes gRPC, and counts. */
export const everyPortGrpc = (caughtBy: string): Sabotage => ({
  name: 'every port declared grpc',
  change: { manifests: [declared('grpc'), asDeclared] },
  caughtBy,
});
