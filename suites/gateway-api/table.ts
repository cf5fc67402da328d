import { matcherOf } from '../../src/conformance/patterns.ts';
import { markdownTable, type TablePlace } from '../markdown-table.ts';
import { cases } from './cases.ts';

/** One line of the table in docs/gateway-api.md. */
interface Line {
  /** What somebody wants to say. */
  readonly wanted: string;
  /** How each kind says it; `no` where it cannot. */
  readonly grpcRoute: string;
  readonly httpRoute: string;
  readonly virtualService: string;
  /** What Istio does with it, where that is not plain. */
  readonly seen?: string;
  /** The cases that show it, as patterns; none where nothing of it is run here. */
  readonly shownBy: readonly string[];
}

const NO = 'no';

/** What Gateway API can say of gRPC, and what it cannot. */
const LINES: readonly Line[] = [
  {
    wanted: 'a service by its name',
    grpcRoute: '`method.service`',
    httpRoute: '`path`, PathPrefix',
    virtualService: '`uri.prefix` that ends with a slash',
    seen: 'A longer name is not taken. In a GRPCRoute it cannot be, in a VirtualService without the slash it is.',
    shownBy: [
      'gateway-api/path/**',
      'gateway-api/http-route/prefix',
      'gateway-api/http-route/longer-service-name',
    ],
  },
  {
    wanted: 'one method',
    grpcRoute: '`method.service`, `method.method`',
    httpRoute: '`path`, Exact',
    virtualService: '`uri.exact`',
    shownBy: ['gateway-api/method/exact', 'gateway-api/method/no-rule'],
  },
  {
    wanted: 'a method of any service',
    grpcRoute: '`method.method` alone',
    httpRoute: '`path`, RegularExpression',
    virtualService: '`uri.regex`',
    shownBy: ['gateway-api/method/any-service'],
  },
  {
    wanted: 'a regular expression',
    grpcRoute: '`type: RegularExpression`',
    httpRoute: '`type: RegularExpression`',
    virtualService: '`regex`',
    seen: 'Without the type a pattern in `service` is refused, and not taken as text.',
    shownBy: [
      'gateway-api/method/regular-expression',
      'gateway-api/header/regular-expression',
      'gateway-api/cannot-say/service-prefix',
    ],
  },
  {
    wanted: 'which rule comes first',
    grpcRoute: 'the narrower match',
    httpRoute: 'the narrower match',
    virtualService: 'the order of the file',
    shownBy: ['gateway-api/method/before-its-service', 'gateway-api/header/first-of-two-rules'],
  },
  {
    wanted: 'metadata of the request',
    grpcRoute: '`headers`, exact or regular expression',
    httpRoute: '`headers`',
    virtualService: '`headers`, `withoutHeaders`, prefixes too',
    seen: 'That a header is absent, or begins with something, is for a regular expression or for a VirtualService.',
    shownBy: ['gateway-api/header/**'],
  },
  {
    wanted: 'a name for a rule',
    grpcRoute: '`name`',
    httpRoute: '`name`',
    virtualService: '`name`',
    seen: 'In the access log and in Envoy it is `namespace.route.index` without one.',
    shownBy: ['gateway-api/method/named-rule'],
  },
  {
    wanted: 'a listener of its own for a host',
    grpcRoute: '`listeners.hostname`, `sectionName`',
    httpRoute: 'the same',
    virtualService: '`servers.hosts`',
    seen: 'The narrower hostname counts; a wildcard takes several labels.',
    shownBy: ['gateway-api/listener-hostname/**'],
  },
  {
    wanted: 'shares for several backends',
    grpcRoute: '`backendRefs.weight`',
    httpRoute: '`backendRefs.weight`',
    virtualService: '`route.weight`',
    shownBy: ['gateway-api/weights'],
  },
  {
    wanted: 'a backend that is not there',
    grpcRoute: 'UNAVAILABLE, by the API’s word',
    httpRoute: 'HTTP 500, by the API’s word',
    virtualService: 'UNAVAILABLE',
    seen: 'Istio answers HTTP 500 for GRPCRoutes too, and clients read UNKNOWN, which nobody tries again.',
    shownBy: ['gateway-api/broken-backend/*'],
  },
  {
    wanted: 'headers added, set, removed',
    grpcRoute: 'RequestHeaderModifier, ResponseHeaderModifier',
    httpRoute: 'the same',
    virtualService: '`headers`',
    seen: 'Trailers are left alone by all of them.',
    shownBy: [
      'gateway-api/filter/request-headers',
      'gateway-api/filter/response-headers',
      'gateway-api/filter/of-one-backend',
    ],
  },
  {
    wanted: 'a copy for a second backend',
    grpcRoute: 'RequestMirror',
    httpRoute: 'RequestMirror',
    virtualService: '`mirrors`',
    shownBy: ['gateway-api/filter/mirror'],
  },
  {
    wanted: 'another path or authority for the backend',
    grpcRoute: NO,
    httpRoute: 'URLRewrite',
    virtualService: '`rewrite`',
    shownBy: ['gateway-api/http-route/rewrite', 'gateway-api/cannot-say/rewrite'],
  },
  {
    wanted: 'a timeout',
    grpcRoute: NO,
    httpRoute: '`timeouts.request`',
    virtualService: '`timeout`',
    seen: 'It cuts streams as well, so that streams want a GRPCRoute, or a rule of their own.',
    shownBy: [
      'gateway-api/http-route/timeout/*',
      'gateway-api/cannot-say/timeouts',
      'gateway-api/stream/whole/**',
    ],
  },
  {
    wanted: 'retries, or none',
    grpcRoute: NO,
    httpRoute: 'no (`retry` is of the experimental channel)',
    virtualService: '`retries`',
    seen: 'Istio’s own policy holds, two retries, UNAVAILABLE among what is retried, and no route can turn it off.',
    shownBy: ['gateway-api/default-retries', 'gateway-api/cannot-say/retries'],
  },
  {
    wanted: 'CORS, for gRPC-Web',
    grpcRoute: NO,
    httpRoute: 'CORS',
    virtualService: '`corsPolicy`',
    shownBy: ['gateway-api/cannot-say/cors'],
  },
  {
    wanted: 'one backend pod for one caller',
    grpcRoute: 'no (`sessionPersistence` is of the experimental channel)',
    httpRoute: 'the same',
    virtualService: 'a DestinationRule, `consistentHash`',
    seen: 'DestinationRules hold for backends of Gateway API as well.',
    shownBy: ['gateway-api/cannot-say/session-persistence'],
  },
  {
    wanted: 'faults on purpose, or an answer by the gateway itself',
    grpcRoute: NO,
    httpRoute: 'no (RequestRedirect aside)',
    virtualService: '`fault`, `directResponse`',
    shownBy: [],
  },
  {
    wanted: 'TLS, with h2 by ALPN',
    grpcRoute: '`listeners.tls`, Terminate',
    httpRoute: 'the same',
    virtualService: 'Gateway `tls.mode: SIMPLE`',
    seen: 'Another SNI than the listener’s hostname is cut off; a renewed certificate leaves streams alone.',
    shownBy: ['gateway-api/tls/**'],
  },
  {
    wanted: 'clients’ certificates',
    grpcRoute: '`spec.tls.frontend`, or Istio’s option `gateway.istio.io/tls-terminate-mode: MUTUAL`',
    httpRoute: 'the same',
    virtualService: 'Gateway `tls.mode: MUTUAL`',
    seen: 'The option is what is run; with it the authority stands in the same Secret, as `ca.crt`.',
    shownBy: ['gateway-api/mutual-tls/*'],
  },
  {
    wanted: 'bounds for the version of TLS',
    grpcRoute: NO,
    httpRoute: NO,
    virtualService: 'Gateway `minProtocolVersion`, `maxProtocolVersion`',
    seen: 'Istio has an option for cipher suites, and none for versions.',
    shownBy: [],
  },
  {
    wanted: 'a gateway of its own',
    grpcRoute: 'a Gateway without `addresses`',
    httpRoute: 'the same',
    virtualService: 'a Deployment and a Service by hand',
    seen: 'Istio makes both, in the namespace of the Gateway. A certificate elsewhere needs a ReferenceGrant.',
    shownBy: ['gateway-api/own-address/**'],
  },
  {
    wanted: 'a change under open streams',
    grpcRoute: 'they live on',
    httpRoute: 'the same',
    virtualService: 'the same',
    shownBy: ['gateway-api/stream/over-a-change'],
  },
];

/** Where docs/gateway-api.md has the table. */
export const PLACE: TablePlace = { begins: '<!-- table: begin -->', ends: '<!-- table: end -->' };

/**
 * The table in Markdown. Each pattern stands with the number of its cases, so that a case that goes is missed.
 *
 * @throws Error that names a pattern without a case, or cases that no line shows
 */
export function gatewayApiTable(all: readonly { readonly name: string }[] = cases): string {
  const shown = new Set<string>();
  const rows = LINES.map(({ wanted, grpcRoute, httpRoute, virtualService, seen = '', shownBy }) => {
    const proofs = shownBy.map((pattern) => {
      const found = all.filter(({ name }) => matcherOf(pattern)({ name, row: 'S4' }));
      if (found.length === 0) throw new Error(`no case matches ${pattern}`);
      for (const { name } of found) shown.add(name);
      return found.length === 1 ? `\`${pattern}\`` : `\`${pattern}\` (${found.length})`;
    });
    return [wanted, grpcRoute, httpRoute, virtualService, seen, proofs.join(', ') || 'not run'];
  });
  const stray = all.find(({ name }) => !shown.has(name));
  if (stray !== undefined) throw new Error(`no line of the table shows ${stray.name}`);
  return markdownTable(
    ['Wanted', 'GRPCRoute', 'HTTPRoute', "Istio's own objects", 'What Istio does', 'Cases'],
    rows,
  );
}
