/** How Istio lays the matches of Gateway API's routes out: each as one of its own, and which comes first. */
import type { RouteMatch } from './route-selection.ts';

interface HeaderMatch {
  readonly type: 'Exact' | 'RegularExpression';
  readonly name: string;
  readonly value: string;
}

/** A match of a GRPCRoute. */
export interface GrpcRouteMatch {
  readonly method?:
    | {
        readonly type: 'Exact' | 'RegularExpression';
        readonly service?: string | undefined;
        readonly method?: string | undefined;
      }
    | undefined;
  readonly headers: readonly HeaderMatch[];
}

/** A match of an HTTPRoute. */
export interface HttpRouteMatch {
  readonly path?:
    { readonly type: 'Exact' | 'PathPrefix' | 'RegularExpression'; readonly value: string } | undefined;
  readonly headers: readonly HeaderMatch[];
  readonly method?: string | undefined;
}

/** How a match is tried, and what decides its place among others (istio, pilot/pkg/config/kube/gateway, sortHTTPRoutes). */
export interface RankedMatch {
  readonly match: RouteMatch;
  readonly rank: number;
  readonly length: number;
}

const EXACT = 3;
const PREFIX = 2;
const REGEX = 1;

export function grpcMatch({ method, headers }: GrpcRouteMatch): RankedMatch {
  const more = headersOf(headers);
  if (method === undefined) return { match: more, rank: -1, length: 0 };
  const { type, service, method: name } = method;
  const exact = type === 'Exact';
  if (exact && service !== undefined) {
    const path = `/${service}/${name ?? ''}`;
    return name === undefined
      ? { match: { ...more, uri: { prefix: path } }, rank: PREFIX, length: path.length }
      : { match: { ...more, uri: { exact: path } }, rank: EXACT, length: path.length };
  }
  const regex = `/${service ?? '[^/]+'}/${name ?? '.+'}`;
  return { match: { ...more, uri: { regex } }, rank: REGEX, length: regex.length };
}

export function httpMatch({ path, headers, method }: HttpRouteMatch): RankedMatch {
  const more = { ...headersOf(headers), ...(method === undefined ? {} : { method: { exact: method } }) };
  const { type, value } = path ?? { type: 'PathPrefix', value: '/' };
  switch (type) {
    case 'Exact':
      return { match: { ...more, uri: { exact: value } }, rank: EXACT, length: value.length };
    case 'RegularExpression':
      return { match: { ...more, uri: { regex: value } }, rank: REGEX, length: value.length };
    case 'PathPrefix': {
      if (value === '/') return { match: { ...more, uri: { prefix: value } }, rank: PREFIX, length: 1 };
      const prefix = value.replace(/\/$/, '');
      // By segments: /shop.v1.Orders takes /shop.v1.Orders/Place, and not /shop.v1.OrdersV2/Place.
      const regex = `${prefix.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}(/.*)?`;
      return { match: { ...more, uri: { regex } }, rank: PREFIX, length: prefix.length };
    }
  }
}

const headersOf = (headers: readonly HeaderMatch[]): RouteMatch =>
  headers.length === 0
    ? {}
    : {
        headers: Object.fromEntries(
          headers.map(({ type, name, value }) => [
            name,
            type === 'Exact' ? { exact: value } : { regex: value },
          ]),
        ),
      };

/**
 * Exact paths before prefixes before regular expressions, the longer ones first, then those that name an HTTP method,
 * and those with more headers (istio, pilot/pkg/config/kube/gateway, sortHTTPRoutes).
 *
 * @returns as for sorting; 0 where names have to decide
 */
export function byRank(a: RankedMatch, b: RankedMatch): number {
  const named = ({ match }: RankedMatch) => (match.method === undefined ? 0 : 1);
  const headers = ({ match }: RankedMatch) => Object.keys(match.headers ?? {}).length;
  return b.rank - a.rank || b.length - a.length || named(b) - named(a) || headers(b) - headers(a);
}
