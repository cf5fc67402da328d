import { z } from 'zod';
import { type Located, placeOf, shownName } from './sources.ts';

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
const headerChanges = z.object({
  set: z.record(z.string(), z.string()).default({}),
  add: z.record(z.string(), z.string()).default({}),
  remove: z.array(z.string()).default([]),
});
export type HeaderChanges = z.infer<typeof headerChanges>;
/** An entry of a VirtualService's `http`. */
export const http = z
  .object({
    name: z.string(),
    match: z.array(httpMatch),
    route: z.array(z.object({ destination, weight: z.number().optional() })),
    mirror: destination,
    timeout: z.string(),
    retries: z.object({ attempts: z.number(), perTryTimeout: z.string(), retryOn: z.string() }).partial(),
    corsPolicy: cors,
    redirect: z.object({ redirectCode: z.number() }).partial(),
    headers: z.object({ request: headerChanges, response: headerChanges }).partial(),
    fault: z.unknown(),
  })
  .partial();

/** How clients come in at a server of a Gateway. */
export type WayIn = 'tls' | 'h2c' | 'redirect';

/** One server of a Gateway; of Gateway API, a listener. */
export interface GatewayServer {
  readonly gateway: Located;
  readonly index: number;
  /** Where in its object it is written. */
  readonly at: readonly (string | number)[];
  /** The names by which entries are bound to it. */
  readonly keys: readonly string[];
  /** Of a listener: its name. */
  readonly section?: string;
  readonly port: number;
  readonly hosts: readonly string[];
  readonly credentialName?: string;
  /** Undefined for what is not called here: TLS passed through, mutual TLS, a port that no ingress gateway shows. */
  readonly wayIn?: WayIn;
}

/** One entry of a VirtualService's `http`; of a route of Gateway API, a match of one of its rules. */
export interface HttpEntry extends z.infer<typeof http> {
  /** The VirtualService, GRPCRoute or HTTPRoute. */
  readonly source: Located;
  readonly index: number;
  /** Where in its object it is written. */
  readonly at: readonly (string | number)[];
  readonly hosts: readonly string[];
  /** The Gateways that it is bound to, by their servers' keys. */
  readonly gateways: readonly string[];
  /** Of Gateway API, where the narrowest match counts: what its place among others comes from. */
  readonly precedence?: { readonly rank: number; readonly length: number };
  /** Of Gateway API: what Istio calls the route that it makes of it. */
  readonly generated?: string;
}

/** What a team's Gateways and routes say, in terms of calls. */
export interface Ingress {
  readonly servers: readonly GatewayServer[];
  readonly entries: readonly HttpEntry[];
  /** HTTPRoutes that send what comes to https, and take no RPC. */
  readonly redirects: readonly HttpEntry[];
}

/** `namespace/name`, as its file has it. */
export const keyOf = ({ object, written = object }: Located): string =>
  `${written.metadata?.namespace ?? ''}/${written.metadata?.name ?? ''}`;

const describe = (located: Located, at: readonly (string | number)[]): string =>
  `${placeOf(located, at)} (${at.at(-2) ?? ''}[${at.at(-1) ?? ''}] of ${shownName(located)})`;

/** Where an entry is written, and which one it is, for a reader. */
export const describeEntry = ({ source, at }: HttpEntry): string => describe(source, at);

/** Where a server of a Gateway is written. */
export const describeServer = ({ gateway: located, at }: GatewayServer): string => describe(located, at);
