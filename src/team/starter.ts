import { dirname } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

/** A YAML file of a folder, with its path relative to it. */
export interface Found {
  readonly file: string;
  readonly text: string;
}

/** What a configuration can begin with. */
export interface Beginning {
  readonly manifests: readonly string[];
  readonly namespace?: string;
  readonly routes: readonly { readonly method: string; readonly backend: string }[];
}

const route = z.object({
  match: z
    .array(z.object({ uri: z.object({ prefix: z.string(), exact: z.string() }).partial().optional() }))
    .optional(),
  route: z
    .array(z.object({ destination: z.object({ host: z.string(), port: z.object({ number: z.number() }) }) }))
    .optional(),
});
/** A rule of a GRPCRoute or of an HTTPRoute of Gateway API. */
const rule = z.object({
  matches: z
    .array(
      z.object({
        method: z
          .object({ type: z.string(), service: z.string(), method: z.string() })
          .partial()
          .optional()
          // An HTTPRoute's is a verb.
          .catch(undefined),
        path: z.object({ type: z.string(), value: z.string() }).partial().optional(),
      }),
    )
    .optional(),
  backendRefs: z
    .array(z.object({ name: z.string(), namespace: z.string().optional(), port: z.number() }))
    .optional(),
});
type Match = NonNullable<z.infer<typeof rule>['matches']>[number];

const mesh = z.object({
  apiVersion: z.string().regex(/^(networking\.istio\.io|gateway\.networking\.k8s\.io)\//),
  kind: z.string(),
  metadata: z.object({ namespace: z.string().optional() }).loose(),
  spec: z.object({ http: z.array(z.unknown()).optional(), rules: z.array(z.unknown()).optional() }).loose(),
});

/** The folders that hold Istio's or Gateway API's objects, and the routes by method that are in them. */
export function foundIn(files: readonly Found[]): Beginning {
  const objects = files.flatMap(({ file, text }) =>
    parseAllDocuments(text).flatMap((document) => {
      const parsed = mesh.safeParse(document.errors.length > 0 ? undefined : document.toJS());
      return parsed.success ? [{ file, object: parsed.data }] : [];
    }),
  );
  const routes = objects.flatMap(({ object: { kind, spec } }) => {
    if (kind === 'VirtualService') return (spec.http ?? []).flatMap(methodsOf);
    return kind === 'GRPCRoute' || kind === 'HTTPRoute' ? (spec.rules ?? []).flatMap(methodsOfRule) : [];
  });
  const namespace = objects.find(({ object }) => object.kind === 'Gateway')?.object.metadata.namespace;
  const folders = [...new Set(objects.map(({ file }) => dirname(file)))];
  // A folder is read with all that is below it; the working directory itself would bring too much.
  const top = folders.filter((folder) => !folders.some((other) => folder.startsWith(`${other}/`)));
  const manifests = top.flatMap((folder) =>
    folder === '.'
      ? [...new Set(objects.map(({ file }) => file).filter((file) => dirname(file) === '.'))]
      : [folder],
  );
  return { manifests, routes: unique(routes), ...(namespace === undefined ? {} : { namespace }) };
}

function methodsOf(value: unknown): Beginning['routes'] {
  const parsed = route.safeParse(value);
  const [first] = parsed.data?.route ?? [];
  if (first === undefined) return [];
  const [name = '', namespace] = first.destination.host.split('.');
  const backend = `${namespace === undefined ? name : `${name}.${namespace}`}:${first.destination.port.number}`;
  const uris = parsed.data?.match?.map(({ uri }) => uri) ?? [{ prefix: '/' }];
  return uris.flatMap((uri) => {
    const method = patternOf(uri?.exact ?? uri?.prefix ?? '', uri?.exact !== undefined);
    return method === undefined ? [] : [{ method, backend }];
  });
}

function methodsOfRule(value: unknown): Beginning['routes'] {
  const { matches = [], backendRefs: [first] = [] } = rule.safeParse(value).data ?? {};
  if (first === undefined) return [];
  const { name, namespace, port } = first;
  const backend = `${namespace === undefined ? name : `${name}.${namespace}`}:${port}`;
  return (matches.length === 0 ? [{}] : matches).flatMap(({ method: of, path }: Partial<Match>) => {
    const isPattern = [of?.type, path?.type].includes('RegularExpression');
    const method = isPattern
      ? undefined
      : of === undefined
        ? patternOf(path?.value ?? '/', path?.type === 'Exact')
        : of.service && `${of.service}/${of.method ?? '*'}`;
    return method === undefined ? [] : [{ method, backend }];
  });
}

/** `/shop.v1.Orders/` is `shop.v1.Orders/*`; undefined for a path that names no gRPC method. */
function patternOf(path: string, isExact: boolean): string | undefined {
  if (path === '/') return '*';
  if (isExact) return /^\/[\w.]+\/\w+$/.test(path) ? path.slice(1) : undefined;
  const service = /^\/([A-Za-z_][\w.]*\w)\/?$/.exec(path)?.[1];
  return service === undefined ? undefined : `${service}/*`;
}

const unique = (routes: Beginning['routes']): Beginning['routes'] => [
  ...new Map(routes.map((each) => [`${each.method} ${each.backend}`, each])).values(),
];

const EXAMPLE: Beginning = {
  manifests: ['deploy'],
  namespace: 'shop',
  routes: [
    { method: 'shop.v1.Catalogue/*', backend: 'catalogue:50051' },
    { method: 'shop.v1.Orders/*', backend: 'orders:50051' },
  ],
};

/** The text of a configuration to begin with. */
export function commentedConfig(found: Beginning): string {
  const nothing = found.manifests.length === 0;
  const { manifests, namespace = 'default', routes } = nothing ? EXAMPLE : found;
  const listed = routes.length > 0 ? routes : EXAMPLE.routes;
  const quoted = (text: string) => `'${text}'`;
  return `// What meshproof proves of your ingress. Every field is explained in docs/your-configuration.md.
import { defineConfig } from 'meshproof';

export default defineConfig({
  // The Gateways, routes, DestinationRules and EnvoyFilters that you ship, of Istio or of Gateway API: files, or folders of them. A folder
  // with a kustomization.yaml is rendered. Your Deployments are left out: sample services stand in for your backends.
  manifests: [${manifests.map(quoted).join(', ')}],

  // Namespace of objects that name none.
  namespace: ${quoted(namespace)},

  // Where each RPC must go. ${nothing || routes.length === 0 ? 'An example: put your own here.' : 'Read from your routes: check that this is what you mean.'} It is compared
  // with what your manifests do; timeouts, retries, CORS and certificates are derived from the manifests themselves.
  routes: [
${listed.map(({ method, backend }) => `    { method: ${quoted(method)}, backend: ${quoted(backend)} },`).join('\n')}
    // { method: 'shop.v1.Orders/Watch', backend: 'orders:50051', kind: 'server-stream' }, // must have no timeout
    // { method: 'shop.v1.Orders/Place', backend: 'orders:50051', retries: 'none' },       // must reach its server once
    // { method: 'shop.v1.Admin/*', backend: null },                                        // must be routed nowhere
  ],

  // What clients call; by default the hosts of your routes.
  // hosts: ['api.shop.example'],

  // Your .proto files, by which methods are known by kind.
  // protos: ['proto'],

  // Cases that fail for now: they run, and must fail.
  // knownFailing: [{ pattern: 'own/retries/**', because: 'https://github.com/istio/istio/issues/1', istio: '<1.31' }],
});
`;
}
