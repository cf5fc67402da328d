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

const asDeclaredByTls = jsonPatch('DestinationRule', SERVICES, {
  op: 'replace',
  path: '/spec/trafficPolicy',
  value: { tls: { mode: 'SIMPLE', insecureSkipVerify: true } },
});

/**
 * Whatever a port declares becomes HTTP/1.1.
 *
 * @param byTls whether the gateway goes on speaking TLS to the pods
 */
export const everyPortHttp = (caughtBy: string, byTls = false): Sabotage => ({
  name: byTls ? 'every port of TLS pods declared http' : 'every port declared http',
  change: { manifests: [declared('http'), byTls ? asDeclaredByTls : asDeclared] },
  caughtBy,
});

/**
 * Whatever a port declares becomes gRPC, and counts.
 *
 * @param byTls whether the gateway goes on speaking TLS to the pods
 */
export const everyPortGrpc = (caughtBy: string, byTls = false): Sabotage => ({
  name: byTls ? 'every port of TLS pods declared grpc' : 'every port declared grpc',
  change: { manifests: [declared('grpc'), byTls ? asDeclaredByTls : asDeclared] },
  caughtBy,
});
