import type { ExpectedRoute } from './config.ts';

/** How narrow a method pattern is: a method counts before its service, that before its package, `*` comes last. */
function narrowness(pattern: string): number {
  if (pattern === '*') return 0;
  const length = pattern.length;
  if (!pattern.includes('/')) return 1_000 + length;
  return (pattern.endsWith('/*') ? 10_000 : 100_000) + length;
}

/** Whether a pattern names the method `package.Service/Method`. */
export function names(pattern: string, method: string): boolean {
  if (pattern === '*') return true;
  if (pattern.endsWith('*')) return method.startsWith(pattern.slice(0, -1));
  return pattern === method;
}

/** What is expected of an RPC that carries these headers: the route of the narrowest pattern; undefined for none. */
export function expectedFor(
  routes: readonly ExpectedRoute[],
  host: string,
  method: string,
  headers: Readonly<Record<string, string>>,
): ExpectedRoute | undefined {
  const weight = (route: ExpectedRoute) =>
    narrowness(route.method) * 10 + Object.keys(route.headers ?? {}).length;
  return routes
    .filter(
      (route) =>
        names(route.method, method) &&
        (route.hosts === undefined || route.hosts.includes(host)) &&
        Object.entries(route.headers ?? {}).every(([key, value]) => headers[key] === value),
    )
    .toSorted((a, b) => weight(b) - weight(a))[0];
}

/** The pattern as part of a case's name: `shop.v1.orders`, `shop.v1.orders.watch`, `everything`. */
export function slugOf({ method, headers = {} }: ExpectedRoute): string {
  const base = method === '*' ? 'everything' : method.replace(/[/.]\*$/, '').replace('/', '.');
  return [base, ...Object.entries(headers).flat()]
    .join('.')
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, '-')
    .replace(/^[.-]+/, '');
}
