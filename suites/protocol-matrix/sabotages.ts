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

/** @returns what makes the sabotage; its `byTls` says whether the gateway goes on speaking TLS to the pods */
const everyPort =
  (name: string) =>
  (caughtBy: string, byTls = false): Sabotage => ({
    name: `every port ${byTls ? 'of TLS pods ' : ''}declared ${name}`,
    change: { manifests: [declared(name), byTls ? asDeclaredByTls : asDeclared] },
    caughtBy,
  });

/** Whatever a port declares becomes HTTP/1.1. */
export const everyPortHttp = everyPort('http');

/** Whatever a port declares becomes gRPC, and counts. */
export const everyPortGrpc = everyPort('grpc');
