import { z } from 'zod';
import { UsageError } from '../errors.ts';
import { type Located, placeOf } from './sources.ts';

const stringMatch = z.object({ exact: z.string(), prefix: z.string(), regex: z.string() }).partial();
export type StringMatch = z.infer<typeof stringMatch>;

const httpMatch = z
  .object({
    uri: stringMatch,
    scheme: stringMatch,
    method: stringMatch,
    authority: stringMatch,
    headers: z.record(z.string(), stringMatch),
    withoutHeaders: z.record(z.string(), stringMatch),
    port: z.number(),
    gateways: z.array(z.string()),
    ignoreUriCase: z.boolean(),
    queryParams: z.record(z.string(), stringMatch),
  })
  .partial();
export type HttpMatch = z.infer<typeof httpMatch>;

const destination = z.object({
  host: z.string(),
  subset: z.string().optional(),
  port: z.object({ number: z.number() }).optional(),
});
const cors = z
  .object({
    allowOrigins: z.array(stringMatch),
    allowMethods: z.array(z.string()),
    unmatchedPreflights: z.string(),
  })
  .partial();
const http = z
  .object({
    name: z.string(),
    match: z.array(httpMatch),
    route: z.array(z.object({ destination, weight: z.number().optional() })),
    mirror: destination,
    timeout: z.string(),
    retries: z.object({ attempts: z.number(), perTryTimeout: z.string(), retryOn: z.string() }).partial(),
    corsPolicy: cors,
    fault: z.unknown(),
  })
  .partial();

const virtualService = z.object({
  hosts: z.array(z.string()).default([]),
  gateways: z.array(z.string()).default([]),
  http: z.array(http).default([]),
});
const server = z.object({
  port: z.object({ number: z.number(), protocol: z.string() }),
  hosts: z.array(z.string()),
  tls: z
    .object({ mode: z.string(), credentialName: z.string(), httpsRedirect: z.boolean() })
    .partial()
    .optional(),
});
const gateway = z.object({
  selector: z.record(z.string(), z.string()).default({}),
  servers: z.array(server),
});

/** How clients come in at a server of a Gateway. */
export type WayIn = 'tls' | 'h2c' | 'redirect';

/** One server of a Gateway. */
export interface GatewayServer {
  readonly gateway: Located;
  readonly index: number;
  readonly port: number;
  readonly hosts: readonly string[];
  readonly credentialName?: string;
  /** Undefined for what is not called here: TLS passed through, mutual TLS, a port that no ingress gateway shows. */
  readonly wayIn?: WayIn;
}

/** One entry of a VirtualService's `http`. */
export interface HttpEntry extends z.infer<typeof http> {
  readonly virtualService: Located;
  readonly index: number;
  readonly hosts: readonly string[];
  /** The Gateways that it is bound to, as `namespace/name`. */
  readonly gateways: readonly string[];
}

/** What a team's Gateways and VirtualServices say, in terms of calls. */
export interface Ingress {
  readonly servers: readonly GatewayServer[];
  readonly entries: readonly HttpEntry[];
}

/** @throws UsageError when a spec is not shaped as Istio's API has it, with the place */
export function readIngress(sources: readonly Located[]): Ingress {
  const of = (kind: string) =>
    sources.filter(
      ({ object }) => object.kind === kind && (object.apiVersion ?? '').startsWith('networking.istio.io/'),
    );
  return {
    servers: of('Gateway').flatMap(serversOf),
    entries: of('VirtualService').flatMap(entriesOf),
  };
}

/** `namespace/name`. */
export const keyOf = ({ object }: Located): string =>
  `${object.metadata?.namespace ?? ''}/${object.metadata?.name ?? ''}`;

/** Where an entry is written, and which one it is, for a reader. */
export const describeEntry = (entry: HttpEntry): string =>
  `${placeOf(entry.virtualService, ['spec', 'http', entry.index])} (http[${entry.index}] of VirtualService ${keyOf(entry.virtualService)})`;

/** Where a server of a Gateway is written. */
export const describeServer = ({ gateway: located, index }: GatewayServer): string =>
  `${placeOf(located, ['spec', 'servers', index])} (servers[${index}] of Gateway ${keyOf(located)})`;

function serversOf(located: Located): GatewayServer[] {
  return specOf(located, gateway).servers.map(({ port, hosts, tls }, index) => {
    const wayIn = wayInOf(port.number, port.protocol, tls);
    return {
      gateway: located,
      index,
      port: port.number,
      // A host may say which namespaces' VirtualServices it takes: `shop/*.example.com`.
      hosts: hosts.map((host) => host.slice(host.indexOf('/') + 1)),
      ...(tls?.credentialName === undefined ? {} : { credentialName: tls.credentialName }),
      ...(wayIn === undefined ? {} : { wayIn }),
    };
  });
}

function wayInOf(port: number, protocol: string, tls: z.infer<typeof server>['tls']): WayIn | undefined {
  if (port === 443 && /^HTTPS$/i.test(protocol) && tls?.mode === 'SIMPLE') return 'tls';
  if (port !== 80 || !/^(HTTP|HTTP2|GRPC)$/i.test(protocol)) return undefined;
  return tls?.httpsRedirect === true ? 'redirect' : 'h2c';
}

function entriesOf(located: Located): HttpEntry[] {
  const { hosts, gateways, http: entries } = specOf(located, virtualService);
  const namespace = located.object.metadata?.namespace ?? '';
  const bound = gateways.map((name) => (name.includes('/') ? name : `${namespace}/${name}`));
  return entries.map((entry, index) => ({
    ...entry,
    virtualService: located,
    index,
    hosts,
    gateways: bound,
  }));
}

function specOf<T>(located: Located, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse((located.object as { spec?: unknown }).spec);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = ['spec', ...(issue?.path ?? [])].filter((part) => typeof part !== 'symbol');
  throw new UsageError(
    `${placeOf(located, path)}: ${path.join('.')} is not as Istio has it: ${issue?.message ?? ''}`,
  );
}
