import { knownMethods, rpcKindOf, type RpcKind } from '../clients/protos.ts';
import type { ExpectedRoute } from './config.ts';
import { names, slugOf } from './patterns.ts';

/** An RPC by which an expected route is tried. */
export interface Probe {
  readonly expected: ExpectedRoute;
  /** `package.Service/Method`, which may be one that no server of the team has: stand-ins answer any. */
  readonly method: string;
  readonly kind: RpcKind;
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Part of a case's name. */
  readonly slug: string;
  /** Whether the server plays a script: not for health and reflection, which every stand-in has of its own. */
  readonly scripted: boolean;
}

/** What a stand-in serves by itself: a method of each that can be called without a request of one's own. */
const OWN_SERVICES: readonly { readonly service: string; readonly method: string; readonly kind: RpcKind }[] =
  [
    { service: 'grpc.health.v1.Health', method: 'Check', kind: 'unary' },
    { service: 'grpc.reflection.v1.ServerReflection', method: 'ServerReflectionInfo', kind: 'bidi' },
    { service: 'grpc.reflection.v1alpha.ServerReflection', method: 'ServerReflectionInfo', kind: 'bidi' },
  ];

/** A method name that nobody has. */
const ANY_METHOD = 'AnyMethod';

/** RPCs of the expected routes for one host: of each, one for every kind that the protos know of, else one. */
export function probesOf(routes: readonly ExpectedRoute[], host: string): Probe[] {
  return routes
    .filter(({ hosts }) => hosts === undefined || hosts.includes(host))
    .flatMap((expected) => {
      const { headers = {} } = expected;
      const methods = methodsOf(expected, routes);
      return methods.map(({ method, kind }): Probe => {
        const slug = slugOf(expected);
        const scripted = !OWN_SERVICES.some(({ service }) => method.startsWith(`${service}/`));
        return {
          expected,
          method,
          kind,
          host,
          headers,
          scripted,
          slug: methods.length > 1 ? `${slug}/${kind}` : slug,
        };
      });
    });
}

function methodsOf(
  expected: ExpectedRoute,
  routes: readonly ExpectedRoute[],
): { readonly method: string; readonly kind: RpcKind }[] {
  const { method: pattern, kind = 'unary' } = expected;
  const own = OWN_SERVICES.find(
    ({ service }) => names(pattern, `${service}/`) || pattern.startsWith(`${service}/`),
  );
  if (own !== undefined && pattern !== '*')
    return [{ method: `${own.service}/${own.method}`, kind: own.kind }];
  if (!pattern.endsWith('*')) return [{ method: pattern, kind: kindOf(pattern, kind) }];
  // A method that a narrower pattern of the list names is that one's.
  const others = routes.filter((each) => each !== expected && each.method.length > pattern.length);
  const known = knownMethods().filter(
    (method) => names(pattern, method) && !others.some((other) => names(other.method, method)),
  );
  const kinds = new Map(known.map((method) => [rpcKindOf(method), method] as const).toReversed());
  if (kinds.size > 0 && pattern !== '*') {
    return [...kinds].map(([each, method]) => ({ method, kind: each }));
  }
  return [{ method: inventedFor(pattern), kind }];
}

const kindOf = (method: string, otherwise: RpcKind): RpcKind =>
  knownMethods().includes(method) ? rpcKindOf(method) : otherwise;

/** A method that a pattern names, of a service that nobody else names. */
function inventedFor(pattern: string): string {
  if (pattern === '*') return `meshproof.Anything/${ANY_METHOD}`;
  if (pattern.endsWith('/*')) return `${pattern.slice(0, -1)}${ANY_METHOD}`;
  return `${pattern.slice(0, -1)}AnyService/${ANY_METHOD}`;
}

/** The nearest method that a pattern does not name: its service (or method) with a longer name. */
export function nearMissOf(pattern: string): string | undefined {
  if (pattern === '*') return undefined;
  if (pattern.endsWith('/*')) return `${pattern.slice(0, -2)}V2/${ANY_METHOD}`;
  if (pattern.endsWith('.*')) return `${pattern.slice(0, -2)}x.AnyService/${ANY_METHOD}`;
  return `${pattern}V2`;
}
