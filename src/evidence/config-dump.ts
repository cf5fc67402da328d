import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { SetupError } from '../errors.ts';

/**
 * Typed questions to Envoy's `/config_dump`, and nothing more than the fields they need: the shapes below are
 * Envoy's admin API (`envoy.admin.v3.ConfigDump`), where everything unset is left out.
 */
const dump = <T extends z.ZodType>(entry: T) => z.object({ configs: z.array(entry).default([]) });

const route = z.object({
  name: z.string().optional(),
  match: z
    .object({
      prefix: z.string(),
      path_separated_prefix: z.string(),
      path: z.string(),
      safe_regex: z.object({ regex: z.string() }),
    })
    .partial()
    .optional(),
  metadata: z
    .object({
      filter_metadata: z.object({ istio: z.object({ config: z.string() }).partial().optional() }).partial(),
    })
    .partial()
    .optional(),
  route: z
    .object({
      cluster: z.string(),
      timeout: z.string(),
      max_stream_duration: z.record(z.string(), z.unknown()),
      retry_policy: z
        .object({
          retry_on: z.string(),
          num_retries: z.number(),
          per_try_timeout: z.string(),
          retriable_status_codes: z.array(z.number()),
        })
        .partial(),
    })
    .partial()
    .optional(),
});
const routeDump = dump(
  z.object({
    route_config: z
      .object({
        name: z.string().default(''),
        virtual_hosts: z
          .array(z.object({ name: z.string(), routes: z.array(route).default([]) }))
          .default([]),
      })
      .optional(),
  }),
);
const listenerDump = dump(
  z.object({
    name: z.string().default(''),
    error_state: z.object({ details: z.string().default('') }).optional(),
    active_state: z
      .object({
        listener: z.object({
          address: z.object({ socket_address: z.object({ port_value: z.number() }) }).optional(),
          filter_chains: z
            .array(
              z.object({
                filters: z
                  .array(
                    z.object({
                      name: z.string(),
                      typed_config: z
                        .object({ http_filters: z.array(z.object({ name: z.string() })).default([]) })
                        .optional(),
                    }),
                  )
                  .default([]),
              }),
            )
            .default([]),
        }),
      })
      .optional(),
  }),
);
/** Of a priority: left out are those that are Envoy's own defaults. */
const thresholds = z
  .object({
    priority: z.string(),
    max_connections: z.number(),
    max_pending_requests: z.number(),
    max_requests: z.number(),
    max_retries: z.number(),
  })
  .partial();
const clusterDump = dump(
  z.object({
    cluster: z
      .object({
        name: z.string(),
        typed_extension_protocol_options: z.record(z.string(), z.unknown()).optional(),
        http2_protocol_options: z.unknown().optional(),
        circuit_breakers: z.object({ thresholds: z.array(thresholds).default([]) }).optional(),
      })
      .optional(),
  }),
);
const secretDump = dump(
  z.object({
    name: z.string(),
    secret: z
      .object({
        tls_certificate: z
          .object({
            certificate_chain: z
              .object({ inline_bytes: z.string(), inline_string: z.string() })
              .partial()
              .optional(),
          })
          .optional(),
      })
      .optional(),
  }),
);

/** What a cluster lets be under way at once. */
type Thresholds = z.infer<typeof thresholds>;

const HTTP_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const httpOptions = z.object({
  explicit_http_config: z.object({ http2_protocol_options: z.unknown() }).partial().optional(),
  use_downstream_protocol_config: z.unknown().optional(),
  auto_config: z.unknown().optional(),
});

/** A route of the gateway, as far as the questions go. */
export interface RouteFacts {
  /** Kubernetes path of the object that istiod made it from: `.../virtual-service/grpc-vs`. */
  readonly config: string;
  readonly cluster: string;
  /** A duration as Envoy prints it: `0s`, `60s`; empty when the route has none, which means Envoy's default. */
  readonly timeout: string;
  readonly retryOn: string;
  /** Absent when the route has no retry policy. */
  readonly retries?: number;
  readonly perTryTimeout: string;
}

function takes(match: z.infer<typeof route>['match'], path: string): boolean {
  if (match?.path !== undefined) return match.path === path;
  // Of Gateway API: as a whole segment of the path, and whatever comes below it.
  if (match?.path_separated_prefix !== undefined)
    return `${path}/`.startsWith(`${match.path_separated_prefix}/`);
  if (match?.prefix !== undefined) return path.startsWith(match.prefix);
  return match?.safe_regex === undefined || new RegExp(`^(?:${match.safe_regex.regex})$`).test(path);
}

/** Reads the configuration that a gateway's Envoy really has. */
export class ConfigDump {
  readonly #fetch: (path: string) => Promise<string>;
  readonly #namespace: string;

  /**
   * @param fetch asks the gateway's admin port for a path and gives back the body
   * @param namespace whose object is meant where several namespaces have one of a name
   */
  constructor(fetch: (path: string) => Promise<string>, namespace = 'default') {
    this.#fetch = fetch;
    this.#namespace = namespace;
  }

  /**
   * The routes made from one VirtualService, in the order in which Envoy tries them.
   *
   * @param path of each virtual host only the first route whose path match takes this one
   */
  async routes(virtualService: string, path?: string): Promise<readonly RouteFacts[]> {
    const dumped = await this.#ask('dynamic_route_configs', routeDump);
    const found: RouteFacts[] = [];
    for (const { route_config: config } of dumped.configs) {
      for (const { routes } of config?.virtual_hosts ?? []) {
        const own = routes.filter((each) => path === undefined || takes(each.match, path));
        for (const each of path === undefined ? own : own.slice(0, 1)) {
          const from = each.metadata?.filter_metadata?.istio?.config ?? '';
          if (!from.endsWith(`/virtual-service/${virtualService}`)) continue;
          const { retry_policy: retry } = each.route ?? {};
          found.push({
            config: from,
            cluster: each.route?.cluster ?? '',
            timeout: each.route?.timeout ?? '',
            retryOn: retry?.retry_on ?? '',
            perTryTimeout: retry?.per_try_timeout ?? '',
            ...(retry === undefined ? {} : { retries: retry.num_retries ?? 1 }),
          });
        }
      }
    }
    const meant = found.filter(({ config }) =>
      config.endsWith(`/namespaces/${this.#namespace}/virtual-service/${virtualService}`),
    );
    return meant.length > 0 ? meant : found;
  }

  /** Ports that its listeners are bound to (the pod's ports), in ascending order. */
  async listenerPorts(): Promise<readonly number[]> {
    const dumped = await this.#ask('dynamic_listeners', listenerDump);
    const ports = dumped.configs.flatMap(
      ({ active_state: state }) => state?.listener.address?.socket_address.port_value ?? [],
    );
    return [...new Set(ports)].toSorted((a, b) => a - b);
  }

  /** Names of the HTTP filters of each filter chain of the listener on `port` (the pod's port), in order. */
  async httpFilters(port: number): Promise<readonly (readonly string[])[]> {
    const dumped = await this.#ask('dynamic_listeners', listenerDump);
    return dumped.configs
      .map((config) => config.active_state?.listener)
      .filter((listener) => listener?.address?.socket_address.port_value === port)
      .flatMap((listener) => listener?.filter_chains ?? [])
      .map((chain) =>
        chain.filters.flatMap((filter) => filter.typed_config?.http_filters.map(({ name }) => name) ?? []),
      );
  }

  /** What Envoy had against its newest configuration of a listener: it keeps the one before. By listener, none when all is well. */
  async rejectedListeners(): Promise<readonly string[]> {
    const dumped = await this.#ask('dynamic_listeners', listenerDump);
    return dumped.configs.flatMap(({ name, error_state: error }) =>
      error === undefined ? [] : [`${name}: ${error.details}`],
    );
  }

  /** What Envoy speaks to the pods of a Service's port; undefined when it has no such cluster. */
  async clusterProtocol(
    service: string,
    port: number,
  ): Promise<'h2' | 'http/1.1' | 'as downstream' | undefined> {
    const cluster = await this.#cluster(service, port);
    if (cluster === undefined) return undefined;
    if (cluster.http2_protocol_options !== undefined) return 'h2';
    const options = httpOptions.safeParse(cluster.typed_extension_protocol_options?.[HTTP_OPTIONS]).data;
    if (options?.use_downstream_protocol_config !== undefined) return 'as downstream';
    return options?.explicit_http_config?.http2_protocol_options === undefined ? 'http/1.1' : 'h2';
  }

  /** The limits of a Service's port; undefined when there is no such cluster, or no limits. */
  async circuitBreakers(service: string, port: number): Promise<Thresholds | undefined> {
    const cluster = await this.#cluster(service, port);
    return cluster?.circuit_breakers?.thresholds.find(({ priority = 'DEFAULT' }) => priority === 'DEFAULT');
  }

  async #cluster(service: string, port: number) {
    const dumped = await this.#ask('dynamic_active_clusters', clusterDump);
    const named = dumped.configs.flatMap(({ cluster }) =>
      cluster?.name.startsWith(`outbound|${port}||${service}.`) === true ? [cluster] : [],
    );
    return named.find(({ name }) => name.includes(`||${service}.${this.#namespace}.`)) ?? named[0];
  }

  /** Serial number (lower-case hexadecimal) of a secret's first certificate; undefined when Envoy lacks the secret. */
  async certificateSerial(credentialName: string): Promise<string | undefined> {
    return (await this.#certificate(`kubernetes://${credentialName}`))?.serialNumber.toLowerCase();
  }

  /** Who has signed the certificate by which this Envoy is known within the mesh; undefined when it has none. */
  async workloadIssuer(): Promise<string | undefined> {
    return (await this.#certificate('default'))?.issuer;
  }

  async #certificate(secret: string): Promise<X509Certificate | undefined> {
    const dumped = await this.#ask('dynamic_active_secrets', secretDump);
    const chain = dumped.configs.find(({ name }) => name === secret)?.secret?.tls_certificate
      ?.certificate_chain;
    const pem = chain?.inline_string ?? Buffer.from(chain?.inline_bytes ?? '', 'base64').toString();
    return pem === '' ? undefined : new X509Certificate(pem);
  }

  /** The whole dump as Envoy gives it, for the evidence folder. */
  async text(): Promise<string> {
    return this.#fetch('/config_dump');
  }

  async #ask<T>(resource: string, shape: z.ZodType<T>): Promise<T> {
    const path = `/config_dump?resource=${resource}`;
    const body = await this.#fetch(path);
    let parsed: unknown;
    try {
      parsed = JSON.parse(body);
    } catch (cause) {
      throw new SetupError(`${path} gave no JSON but ${JSON.stringify(body.slice(0, 120))}`, { cause });
    }
    const result = shape.safeParse(parsed);
    if (!result.success)
      throw new SetupError(`${path} is not what Envoy documents: ${z.prettifyError(result.error)}`);
    return result.data;
  }
}
