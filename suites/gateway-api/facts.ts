import type { GrpcJsInvocation } from '../../src/clients/invocation.ts';
import type { MetadataToSend } from '../../src/clients/metadata.ts';
import type { Transport } from '../../src/clients/target.ts';
import type { GatewayExpectation } from '../../src/conformance/expectation.ts';
import type { Sabotage } from '../../src/conformance/model.ts';
import { HOST, wayIn } from '../expectations.ts';
import { jsonPatch } from '../patches.ts';

/** What most cases of this folder have in common. */
export const FACTS = { row: 'S4', configuration: 'gateway-api', needs: ['gateway-api'] } as const;

/** Served by every service, so that who answers shows which rule was taken. */
export const HEALTH = 'grpc.health.v1.Health/Check';

/** The hosts of `manifests/gateway-api`, by the name of the route that is theirs. */
export const HOST_OF = {
  'grpc-paths': HOST,
  'grpc-methods': 'methods.example.com',
  'grpc-headers': 'headers.example.com',
  'grpc-filters': 'filters.example.com',
  'grpc-broken': 'broken.example.com',
  'http-grpc': 'http.example.com',
} as const;
export type RouteName = keyof typeof HOST_OF;

/** An RPC to the host of a route. One certificate is good for all of the way in: SNI is always the first host. */
export const asks = (
  route: RouteName,
  transport: Transport,
  method: string,
  metadata: MetadataToSend = {},
): GrpcJsInvocation => ({
  client: 'grpc-js',
  transport,
  method,
  metadata,
  authority: HOST_OF[route],
  serverName: HOST,
  deadlineMs: 10_000,
});

/** How the access log shows the way in, and the rule that was taken: Istio names each by route and place. */
export const takenBy = (route: RouteName, transport: Transport, rule: number): GatewayExpectation => ({
  ...wayIn(transport),
  authority: HOST_OF[route],
  routeName: `default.${route}.${rule}`,
});

/** The same of an RPC that no rule takes. */
export const takenByNone = (route: RouteName, transport: Transport): GatewayExpectation => ({
  ...wayIn(transport),
  authority: HOST_OF[route],
});

type Operations = Parameters<typeof jsonPatch> extends [string, string, ...infer Rest] ? Rest : never;

/** A route is otherwise. */
export const onRoute = (
  route: RouteName,
  name: string,
  caughtBy: string,
  ...operations: Operations
): Sabotage => ({
  name: `${name} (${route})`,
  change: {
    manifests: [jsonPatch(route.startsWith('http') ? 'HTTPRoute' : 'GRPCRoute', route, ...operations)],
  },
  caughtBy,
});

/** A rule is not there. */
export const withoutRule = (route: RouteName, rule: number, caughtBy: string): Sabotage =>
  onRoute(route, `no rule ${rule}`, caughtBy, { op: 'remove', path: `/spec/rules/${rule}` });

/** A rule that takes everything comes last. */
export const catchAllRule = (route: RouteName, caughtBy: string): Sabotage =>
  onRoute(route, 'a rule for everything', caughtBy, {
    op: 'add',
    path: '/spec/rules/-',
    value: { backendRefs: [{ name: 'grpc-service', port: 50051 }] },
  });
