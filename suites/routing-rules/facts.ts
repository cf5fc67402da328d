import type { MetadataToSend } from '../../src/clients/metadata.ts';
import type { GrpcJsInvocation } from '../../src/clients/invocation.ts';
import type { Transport } from '../../src/clients/target.ts';
import type { Sabotage } from '../../src/conformance/model.ts';
import { jsonPatch } from '../patches.ts';

/** What all cases of this folder have in common. */
export const FACTS = { row: 'S4', configuration: 'routing-rules' } as const;
export const HEALTH = 'grpc.health.v1.Health/Check';

/** The routes of `manifests/routing-rules` in their order. */
const ROUTES = [
  'exact-header',
  'prefix-header',
  'regex-header',
  'header-present',
  'both',
  'either',
  'exact-path',
  'regex-path',
  'any-case',
  'rewritten',
  'headers-changed',
  'authority-rewritten',
  'mirrored',
  'weighted',
  'answered-by-the-gateway',
  'aborted',
  'aborted-by-http',
  'delayed',
  'health-of-the-greeter',
] as const;
export type RouteName = (typeof ROUTES)[number];

export const asks = (
  transport: Transport,
  metadata: MetadataToSend = {},
  method: string = HEALTH,
): GrpcJsInvocation => ({ client: 'grpc-js', transport, method, metadata, deadlineMs: 10_000 });

const onRules = (...operations: Parameters<typeof jsonPatch>[2][]): string =>
  jsonPatch('VirtualService', 'grpc-rules', ...operations);
const at = (route: RouteName, field = ''): string => `/spec/http/${ROUTES.indexOf(route)}${field}`;

/** One route is not there. */
export const without = (route: RouteName, caughtBy: string): Sabotage => ({
  name: `no route ${route}`,
  change: { manifests: [onRules({ op: 'remove', path: at(route) })] },
  caughtBy,
});

/** One field of a route is another. */
export const withField = (
  name: string,
  route: RouteName,
  field: string,
  value: unknown,
  caughtBy: string,
): Sabotage => ({
  name,
  change: { manifests: [onRules({ op: 'replace', path: at(route, field), value })] },
  caughtBy,
});

/** One field of a route is not there. */
export const withoutField = (name: string, route: RouteName, field: string, caughtBy: string): Sabotage => ({
  name,
  change: { manifests: [onRules({ op: 'remove', path: at(route, field) })] },
  caughtBy,
});

/** The last route stands first. */
export const lastFirst = (caughtBy: string): Sabotage => ({
  name: 'the last route first',
  change: { manifests: [onRules({ op: 'move', from: at('health-of-the-greeter'), path: '/spec/http/0' })] },
  caughtBy,
});
