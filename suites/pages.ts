import type { BrowserInvocation } from '../src/clients/invocation.ts';
import type { RpcKind } from '../src/clients/protos.ts';
import type { GatewayExpectation, RpcExpectation } from '../src/conformance/expectation.ts';
import { METHODS, requestsFor } from './requests.ts';

/** What pages make their calls with. */
export const LIBRARIES = ['fetch', 'grpc-web', 'connect-web'] as const;
type Library = (typeof LIBRARIES)[number];

/** The Greeter's RPC by a page of the origin that the seed allows, each library in the mode it knows streams in. */
export const page = (
  by: Library,
  kind: RpcKind & keyof typeof METHODS.greeter = 'unary',
): BrowserInvocation => ({
  client: 'browser',
  by,
  transport: 'tls',
  http: '2',
  mode: by === 'grpc-web' ? 'text' : 'binary',
  method: METHODS.greeter[kind],
  requests: requestsFor(kind, 1, 100),
  // Time for the preflight on a busy machine; no case is about it.
  deadlineMs: 30_000,
});

/** The browser has nothing to complain of. */
export const CONTENT = { error: '', console: '' } as const;

/** What each library makes of a call that its browser refuses to make, or to show. */
const REFUSAL = {
  fetch: { status: 'UNAVAILABLE', details: 'TypeError: Failed to fetch' },
  'grpc-web': { status: 'UNKNOWN', details: 'Http response at 400 or 500 level, http status code: 0' },
  'connect-web': { status: 'UNKNOWN', details: 'Failed to fetch' },
} as const satisfies Readonly<Record<Library, Pick<RpcExpectation, 'status' | 'details'>>>;

/** The browser refuses the call; its console says why, and no script is told. */
export const refused = (by: Library, why: RegExp): RpcExpectation => ({
  ...REFUSAL[by],
  count: 0,
  page: { console: why },
});

/** What is seen when it does not refuse. */
export const notRefused = (by: Library): string => `grpc-status: expected ${REFUSAL[by].status}, got OK`;

/** How the access log shows a preflight that the CORS filter answers. */
export const ANSWERED_PREFLIGHT: GatewayExpectation = {
  method: 'OPTIONS',
  protocol: 'HTTP/2',
  responseCode: 200,
  responseCodeDetails: 'cors_response',
  upstreamHost: null,
};
