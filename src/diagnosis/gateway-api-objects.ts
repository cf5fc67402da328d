/** Gateway API's objects as far as diagnosis looks at them. What is left out here is let through. */
import { z } from 'zod';
import { all } from './istio-objects.ts';

const text = z.string();
const texts = z.array(text).default([]);
const apiGateway = z.object({
  listeners: z
    .array(
      z.object({
        name: text,
        hostname: text.optional(),
        port: z.number(),
        protocol: text.default(''),
        tls: z
          .object({
            certificateRefs: z.array(z.object({ name: text, namespace: text.optional() })).default([]),
            options: z.record(text, text).default({}),
          })
          .optional(),
        allowedRoutes: z
          .object({
            namespaces: z
              .object({
                from: text.default('Same'),
                selector: z.object({ matchLabels: z.record(text, text).default({}) }).optional(),
              })
              .optional(),
          })
          .optional(),
      }),
    )
    .default([]),
});
const headerMatches = z
  .array(z.object({ type: z.enum(['Exact', 'RegularExpression']).default('Exact'), name: text, value: text }))
  .default([]);
const fieldValues = z.array(z.object({ name: text, value: text })).default([]);
const modifier = z.object({ set: fieldValues, add: fieldValues, remove: texts });
const apiRule = {
  filters: z
    .array(
      z.object({
        type: text,
        requestHeaderModifier: modifier.optional(),
        responseHeaderModifier: modifier.optional(),
        requestMirror: z
          .object({ backendRef: z.object({ name: text, namespace: text.optional() }) })
          .optional(),
      }),
    )
    .default([]),
  backendRefs: z
    .array(
      z.object({
        name: text,
        namespace: text.optional(),
        port: z.number().optional(),
        weight: z.number().default(1),
      }),
    )
    .default([]),
};
/** A route whose rules have matches of one kind, and perhaps more than all have. */
const routeOf = <Match extends z.ZodType, More extends z.ZodRawShape>(match: Match, more: More) =>
  z.object({
    hostnames: texts,
    parentRefs: z
      .array(z.object({ name: text, namespace: text.optional(), sectionName: text.optional() }))
      .default([]),
    rules: z.array(z.object({ ...apiRule, matches: z.array(match).default([]), ...more })).default([]),
  });
const grpcRoute = routeOf(
  z.object({
    method: z
      .object({
        type: z.enum(['Exact', 'RegularExpression']).default('Exact'),
        service: text.optional(),
        method: text.optional(),
      })
      .optional(),
    headers: headerMatches,
  }),
  {},
);
const apiHttpRoute = routeOf(
  z.object({
    path: z
      .object({
        type: z.enum(['Exact', 'PathPrefix', 'RegularExpression']).default('PathPrefix'),
        value: text.default('/'),
      })
      .optional(),
    headers: headerMatches,
    method: text.optional(),
  }),
  { timeouts: z.object({ request: text, backendRequest: text }).partial().optional() },
);
const referenceGrant = z.object({
  from: z.array(z.object({ kind: text, namespace: text })).default([]),
  to: z.array(z.object({ kind: text, name: text.optional() })).default([]),
});
const backendTlsPolicy = z.object({ targetRefs: z.array(z.object({ name: text })).default([]) });

export const apiGateways = all('gateway.networking.k8s.io/', 'Gateway', apiGateway);
export const referenceGrants = all('gateway.networking.k8s.io/', 'ReferenceGrant', referenceGrant);
export const grpcRoutes = all('gateway.networking.k8s.io/', 'GRPCRoute', grpcRoute);
export const httpRoutes = all('gateway.networking.k8s.io/', 'HTTPRoute', apiHttpRoute);
export const backendTlsPolicies = all('gateway.networking.k8s.io/', 'BackendTLSPolicy', backendTlsPolicy);
