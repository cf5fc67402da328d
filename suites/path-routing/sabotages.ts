import { stringify } from 'yaml';
import type { Sabotage } from '../../src/conformance/model.ts';
import { jsonPatch } from '../patches.ts';

const USER = 'user-grpc-service';
const ORDER = 'order-grpc-service';
const destination = (route: number) => `/spec/http/${route}/route/0/destination/host`;

/** The two path routes lead to each other's service. */
export const destinationsSwapped = (caughtBy: string): Sabotage => ({
  name: 'destinations swapped',
  change: {
    manifests: [
      jsonPatch(
        'VirtualService',
        'grpc-routing',
        { op: 'replace', path: destination(0), value: ORDER },
        { op: 'replace', path: destination(1), value: USER },
      ),
    ],
  },
  caughtBy,
});

/** The routes are right, but each Service selects the other one's pods. */
export const selectorsSwapped = (caughtBy: string): Sabotage => ({
  name: 'Service selectors swapped',
  change: {
    manifests: [
      jsonPatch('Service', USER, { op: 'replace', path: '/spec/selector/app', value: ORDER }),
      jsonPatch('Service', ORDER, { op: 'replace', path: '/spec/selector/app', value: USER }),
    ],
  },
  caughtBy,
});

/** The catch-all stands first: Istio leaves out what comes behind it. */
export const catchAllFirst = (caughtBy: string): Sabotage => ({
  name: 'route order reversed',
  change: {
    manifests: [
      jsonPatch('VirtualService', 'grpc-routing', { op: 'move', from: '/spec/http/4', path: '/spec/http/0' }),
    ],
  },
  caughtBy,
});

/** The seed's own prefix, without its closing slash: it matches every service whose name begins so. */
export const prefixWithoutSlash = (caughtBy: string): Sabotage => ({
  name: 'prefix without a closing slash',
  change: {
    manifests: [
      jsonPatch('VirtualService', 'grpc-routing', {
        op: 'replace',
        path: '/spec/http/0/match/0/uri/prefix',
        value: '/mypackage.UserService',
      }),
    ],
  },
  caughtBy,
});

/** The route of the health service is not there. */
export const healthRouteDropped = (caughtBy: string): Sabotage => ({
  name: 'health route dropped',
  change: {
    manifests: [jsonPatch('VirtualService', 'grpc-routing', { op: 'remove', path: '/spec/http/2' })],
  },
  caughtBy,
});

/** The route of the user service is not there. */
export const userRouteDropped = (caughtBy: string): Sabotage => ({
  name: 'user route dropped',
  change: {
    manifests: [jsonPatch('VirtualService', 'grpc-routing', { op: 'remove', path: '/spec/http/0' })],
  },
  caughtBy,
});

/** A catch-all takes what should be routed nowhere. */
export const catchAllAdded = (caughtBy: string): Sabotage => ({
  name: 'catch-all added',
  change: {
    manifests: [
      jsonPatch('VirtualService', 'grpc-routing', {
        op: 'add',
        path: '/spec/http/-',
        value: { route: [{ destination: { host: 'grpc-service', port: { number: 50051 } } }] },
      }),
    ],
  },
  caughtBy,
});

/** An AuthorizationPolicy at the ingress gateway's pods alone. */
const policy = (action: 'ALLOW' | 'DENY', operations: readonly Record<string, readonly string[]>[]): string =>
  stringify({
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'rpcs', namespace: 'istio-system' },
    spec: {
      selector: { matchLabels: { istio: 'ingressgateway' } },
      action,
      rules: [{ to: operations.map((operation) => ({ operation })) }],
    },
  });

/** A policy denies every method of the package. */
export const deniedByPath = (caughtBy: string): Sabotage => ({
  name: 'a policy that denies the package',
  change: { objects: [policy('DENY', [{ paths: ['/mypackage.*'] }])] },
  caughtBy,
});

/** A policy has the names of RPCs where HTTP's methods belong, and so allows none. */
export const allowedByMethod = (caughtBy: string): Sabotage => ({
  name: 'a policy that takes an RPC for an HTTP method',
  change: {
    objects: [
      policy('ALLOW', [
        { methods: ['GetUser', 'GetOrder'] },
        // By this port the harness learns that the policy is in effect.
        { ports: ['15999'] },
      ]),
    ],
  },
  caughtBy,
});
