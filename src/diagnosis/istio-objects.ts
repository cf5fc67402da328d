/** Istio's and Kubernetes' objects as far as diagnosis looks at them. What is left out here is let through. */
import type { KubernetesObject } from '@kubernetes/client-node';
import { z } from 'zod';

const text = z.string();
const texts = z.array(text).default([]);
const port = z.object({ number: z.number().optional(), name: text.optional(), protocol: text.default('') });

const gateway = z.object({
  selector: z.record(text, text).default({}),
  servers: z
    .array(
      z.object({
        port,
        hosts: texts,
        tls: z
          .object({
            mode: text.optional(),
            credentialName: text.optional(),
            httpsRedirect: z.boolean().default(false),
            minProtocolVersion: text.optional(),
            maxProtocolVersion: text.optional(),
          })
          .optional(),
      }),
    )
    .default([]),
});

const stringMatch = z.object({ exact: text, prefix: text, regex: text }).partial();
const headerOperations = z
  .object({ set: z.record(text, text), add: z.record(text, text), remove: z.array(text) })
  .partial();
const httpRoute = z.object({
  name: text.optional(),
  match: z
    .array(
      z
        .object({
          uri: stringMatch,
          ignoreUriCase: z.boolean(),
          scheme: stringMatch,
          queryParams: z.record(text, stringMatch),
          headers: z.record(text, stringMatch),
          withoutHeaders: z.record(text, stringMatch),
          method: stringMatch,
          authority: stringMatch,
          port: z.number(),
        })
        .partial(),
    )
    .default([]),
  route: z
    .array(
      z.object({
        destination: z.object({
          host: text,
          subset: text.optional(),
          port: z.object({ number: z.number().optional() }).optional(),
        }),
        weight: z.number().optional(),
      }),
    )
    .default([]),
  timeout: text.optional(),
  retries: z
    .object({ attempts: z.number().default(0), perTryTimeout: text.optional(), retryOn: text.optional() })
    .optional(),
  corsPolicy: z
    .object({
      allowOrigins: z.array(stringMatch).default([]),
      allowMethods: texts,
      allowHeaders: texts,
      exposeHeaders: texts,
      maxAge: text.optional(),
    })
    .optional(),
  headers: z.object({ request: headerOperations, response: headerOperations }).partial().optional(),
  fault: z.unknown().optional(),
  mirror: z.object({ host: text }).optional(),
  mirrors: z.array(z.object({ destination: z.object({ host: text }) })).default([]),
  rewrite: z.unknown().optional(),
  redirect: z.unknown().optional(),
  directResponse: z.object({ status: z.number().optional() }).optional(),
});
const virtualService = z.object({
  hosts: texts,
  gateways: z.array(text).default(['mesh']),
  http: z.array(httpRoute).default([]),
  tcp: z.array(z.unknown()).default([]),
  tls: z.array(z.unknown()).default([]),
});

const service = z.object({
  ports: z
    .array(
      z.object({
        name: text.default(''),
        appProtocol: text.optional(),
        protocol: text.optional(),
        port: z.number(),
      }),
    )
    .default([]),
  selector: z.record(text, text).default({}),
});
const deployment = z.object({
  replicas: z.number().default(1),
  template: z.object({ metadata: z.object({ labels: z.record(text, text).default({}) }) }),
});
const destinationRule = z.object({
  host: text,
  trafficPolicy: z
    .object({
      loadBalancer: z.object({ consistentHash: z.unknown() }).partial(),
      connectionPool: z
        .object({ http: z.object({ http2MaxRequests: z.number(), maxRetries: z.number() }).partial() })
        .partial(),
      outlierDetection: z.unknown(),
      retryBudget: z.unknown(),
      tls: z.looseObject({ mode: text.optional() }),
    })
    .partial()
    .optional(),
  subsets: z.array(z.object({ name: text, labels: z.record(text, text).default({}) })).default([]),
});
const authorizationPolicy = z.object({
  action: text.default('ALLOW'),
  rules: z
    .array(
      z.object({
        to: z
          .array(z.object({ operation: z.object({ methods: texts, paths: texts }).optional() }))
          .default([]),
      }),
    )
    .default([]),
});
const peerAuthentication = z.object({
  selector: z.object({ matchLabels: z.record(text, text).default({}) }).optional(),
  mtls: z.object({ mode: text.default('UNSET') }).optional(),
});
const envoyFilter = z.object({
  configPatches: z
    .array(
      z.object({
        applyTo: text.default(''),
        match: z.unknown().optional(),
        patch: z
          .object({ operation: text.default(''), value: z.record(text, z.unknown()).optional() })
          .optional(),
      }),
    )
    .default([]),
});

/** An object, and its spec as its kind has it. */
export interface Typed<Spec> {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** ISO 8601; there where the API server has said it. */
  readonly created?: string;
  readonly spec: Spec;
}
export type Gateway = Typed<z.infer<typeof gateway>>;
export type VirtualService = Typed<z.infer<typeof virtualService>>;
export type HttpRoute = VirtualService['spec']['http'][number];
export type Service = Typed<z.infer<typeof service>>;
export type EnvoyFilter = Typed<z.infer<typeof envoyFilter>>;

/** Everything of one kind; objects that are not as their kind has it are left out. */
export const all =
  <Spec extends z.ZodType>(group: string, kind: string, spec: Spec) =>
  (objects: readonly KubernetesObject[]): Typed<z.infer<Spec>>[] =>
    objects.flatMap((object) => {
      if (object.kind !== kind || object.apiVersion?.startsWith(group) !== true) return [];
      const parsed = spec.safeParse((object as { spec?: unknown }).spec ?? {});
      if (!parsed.success) return [];
      const namespace = object.metadata?.namespace ?? 'default';
      const name = object.metadata?.name ?? '';
      const at = object.metadata?.creationTimestamp;
      const created = at === undefined ? {} : { created: new Date(at).toISOString() };
      return [{ kind, namespace, name, ...created, spec: parsed.data }];
    });

export const gateways = all('networking.istio.io/', 'Gateway', gateway);
export const virtualServices = all('networking.istio.io/', 'VirtualService', virtualService);
export const services = all('v1', 'Service', service);
export const deployments = all('apps/', 'Deployment', deployment);
export const destinationRules = all('networking.istio.io/', 'DestinationRule', destinationRule);
export const peerAuthentications = all('security.istio.io/', 'PeerAuthentication', peerAuthentication);
export const authorizationPolicies = all('security.istio.io/', 'AuthorizationPolicy', authorizationPolicy);
export const envoyFilters = all('networking.istio.io/', 'EnvoyFilter', envoyFilter);
