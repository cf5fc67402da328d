import type { Sabotage } from '../../src/conformance/model.ts';
import { jsonPatch } from '../patches.ts';

/** Without the catch-all neither the Greeter nor reflection is routed. */
export const reflectionNotRouted: Sabotage = {
  name: 'reflection not routed',
  change: {
    manifests: [jsonPatch('VirtualService', 'grpc-routing', { op: 'remove', path: '/spec/http/4' })],
  },
  caughtBy: 'server does not support the reflection API',
};

/** The catch-all leads to a service that has no Greeter, and other services to list. */
export const otherServicesList = (caughtBy: string): Sabotage => ({
  name: 'catch-all to another service',
  change: {
    manifests: [
      jsonPatch('VirtualService', 'grpc-routing', {
        op: 'replace',
        path: '/spec/http/4/route/0/destination/host',
        value: 'streaming-service',
      }),
    ],
  },
  caughtBy,
});

/** The catch-all leads to a service that has no Greeter. */
export const greeterElsewhere = otherServicesList('grpc-status: expected OK, got UN');

/** One route of a VirtualService is not there. */
export const withoutRoute = (
  name: string,
  virtualService: string,
  route: number,
  caughtBy: string,
): Sabotage => ({
  name,
  change: {
    manifests: [jsonPatch('VirtualService', virtualService, { op: 'remove', path: `/spec/http/${route}` })],
  },
  caughtBy,
});

/** The Gateway takes any host, so that a wrong authority is not seen any more. */
export const anyHost: Sabotage = {
  name: 'any host',
  change: {
    manifests: [
      jsonPatch('Gateway', 'grpc-gateway', { op: 'replace', path: '/spec/servers/1/hosts', value: ['*'] }),
      jsonPatch('VirtualService', 'grpc-routing', { op: 'replace', path: '/spec/hosts', value: ['*'] }),
    ],
  },
  caughtBy: 'grpc-status: expected UNIMPLEMENTED, got OK',
};
