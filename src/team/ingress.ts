import { z } from 'zod';
import { UsageError } from '../errors.ts';
import { type GatewayServer, type HttpEntry, type Ingress, type WayIn, http, keyOf } from './entries.ts';
import { readGatewayApi } from './gateway-api/read.ts';
import { type Located, placeOf } from './sources.ts';

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

/** @throws UsageError when a spec is not shaped as Istio's API has it, with the place */
export function readIngress(sources: readonly Located[]): Ingress {
  const of = (kind: string) =>
    sources.filter(
      ({ object }) => object.kind === kind && (object.apiVersion ?? '').startsWith('networking.istio.io/'),
    );
  const ofGatewayApi = readGatewayApi(sources);
  return {
    servers: [...of('Gateway').flatMap(serversOf), ...ofGatewayApi.servers],
    entries: [...of('VirtualService').flatMap(entriesOf), ...ofGatewayApi.entries],
    redirects: ofGatewayApi.redirects,
  };
}

function serversOf(located: Located): GatewayServer[] {
  return specOf(located, gateway).servers.map(({ port, hosts, tls }, index) => {
    const wayIn = wayInOf(port.number, port.protocol, tls);
    return {
      gateway: located,
      index,
      at: ['spec', 'servers', index],
      keys: [keyOf(located)],
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
    source: located,
    index,
    at: ['spec', 'http', index],
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
