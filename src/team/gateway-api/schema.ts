import { z } from 'zod';
import { UsageError } from '../../errors.ts';
import { type Located, placeOf, shownName } from '../sources.ts';

/**
 * What is taken of Gateway API's objects. Every field that is not here is refused by its name: whatever it does would
 * go unproven.
 */
const GROUP = 'gateway.networking.k8s.io';
const reference = {
  group: z.enum(['', 'core']).optional(),
  kind: z.literal('Service').optional(),
  name: z.string(),
  namespace: z.string().optional(),
  port: z.number(),
};
const headerValue = z.strictObject({ name: z.string(), value: z.string() });
const modifier = z.strictObject({
  set: z.array(headerValue).default([]),
  add: z.array(headerValue).default([]),
  remove: z.array(z.string()).default([]),
});
export type HeaderModifier = z.infer<typeof modifier>;

const modifiers = [
  z.strictObject({ type: z.literal('RequestHeaderModifier'), requestHeaderModifier: modifier }),
  z.strictObject({ type: z.literal('ResponseHeaderModifier'), responseHeaderModifier: modifier }),
  z.strictObject({
    type: z.literal('RequestMirror'),
    requestMirror: z.strictObject({ backendRef: z.strictObject(reference) }),
  }),
] as const;
const redirect = z.strictObject({
  type: z.literal('RequestRedirect'),
  requestRedirect: z.strictObject({ scheme: z.literal('https'), statusCode: z.number().default(302) }),
});
const backendRef = z.strictObject({ ...reference, weight: z.number().default(1) });
const headerMatch = z.strictObject({
  type: z.enum(['Exact', 'RegularExpression']).default('Exact'),
  name: z.string(),
  value: z.string(),
});
const parentRef = z.strictObject({
  group: z.literal(GROUP).optional(),
  kind: z.literal('Gateway').optional(),
  name: z.string(),
  namespace: z.string().optional(),
  sectionName: z.string().optional(),
});
const route = {
  parentRefs: z.array(parentRef).default([]),
  hostnames: z.array(z.string()).default([]),
};
const rule = { name: z.string().optional(), backendRefs: z.array(backendRef).default([]) };

const grpcRoute = z.strictObject({
  ...route,
  rules: z
    .array(
      z.strictObject({
        ...rule,
        matches: z
          .array(
            z.strictObject({
              method: z
                .strictObject({
                  type: z.enum(['Exact', 'RegularExpression']).default('Exact'),
                  service: z.string().optional(),
                  method: z.string().optional(),
                })
                .optional(),
              headers: z.array(headerMatch).default([]),
            }),
          )
          .default([]),
        filters: z.array(z.discriminatedUnion('type', modifiers)).default([]),
      }),
    )
    .default([]),
});
const httpRoute = z.strictObject({
  ...route,
  rules: z
    .array(
      z.strictObject({
        ...rule,
        matches: z
          .array(
            z.strictObject({
              path: z
                .strictObject({
                  type: z.enum(['Exact', 'PathPrefix', 'RegularExpression']).default('PathPrefix'),
                  value: z.string().default('/'),
                })
                .optional(),
              headers: z.array(headerMatch).default([]),
              method: z.string().optional(),
            }),
          )
          .default([]),
        filters: z.array(z.discriminatedUnion('type', [...modifiers, redirect])).default([]),
        timeouts: z
          .strictObject({ request: z.string().optional(), backendRequest: z.string().optional() })
          .optional(),
      }),
    )
    .default([]),
});
const listener = z.strictObject({
  name: z.string(),
  hostname: z.string().optional(),
  port: z.number(),
  protocol: z.string(),
  tls: z
    .strictObject({
      mode: z.string().default('Terminate'),
      certificateRefs: z
        .array(
          z.strictObject({
            group: z.literal('').optional(),
            kind: z.literal('Secret').optional(),
            name: z.string(),
            namespace: z.string().optional(),
          }),
        )
        .max(1, 'more than one certificate')
        .default([]),
    })
    .optional(),
  allowedRoutes: z
    .strictObject({
      namespaces: z
        .strictObject({ from: z.enum(['Same', 'All', 'Selector']).default('Same'), selector: z.unknown() })
        .partial({ selector: true })
        .optional(),
      kinds: z.unknown(),
    })
    .partial({ kinds: true })
    .optional(),
});
const gateway = z.strictObject({
  gatewayClassName: z.literal('istio'),
  listeners: z.array(listener),
  // For the Deployment and the Service that Istio would make of it.
  addresses: z.unknown().optional(),
  infrastructure: z.unknown().optional(),
});

export type GatewaySpec = z.infer<typeof gateway>;
export type GrpcRule = z.infer<typeof grpcRoute>['rules'][number];
export type HttpRule = z.infer<typeof httpRoute>['rules'][number];
export type ParentRef = z.infer<typeof parentRef>;
export type BackendRef = z.infer<typeof backendRef>;

export const gatewaySpec = (located: Located): GatewaySpec => specOf(located, gateway);
export const grpcRouteSpec = (located: Located): z.infer<typeof grpcRoute> => specOf(located, grpcRoute);
export const httpRouteSpec = (located: Located): z.infer<typeof httpRoute> => specOf(located, httpRoute);

/** The error for a part of an object that cannot be proven. */
export function notTaken(located: Located, path: readonly (string | number)[], why: string): UsageError {
  return new UsageError(`${placeOf(located, path)}: ${dotted(path)} of ${shownName(located)} is ${why}`, {
    hint: 'What is taken of Gateway API is in docs/your-configuration.md. Leave the file out, or prove it by cases of your own.',
  });
}

const dotted = (path: readonly (string | number)[]): string =>
  path.map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${part}`)).join('');

function specOf<T>(located: Located, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse((located.object as { spec?: unknown }).spec);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = ['spec', ...(issue?.path ?? [])].filter((part) => typeof part !== 'symbol');
  if (issue?.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    throw notTaken(located, [...path, key], 'nothing that a configuration may have here');
  }
  throw notTaken(located, path, `not taken here: ${issue?.message ?? ''}`);
}
