import type { Row } from '../src/conformance/outcomes.ts';
import type { Cause } from '../src/diagnosis/causes.ts';

/** Several where the same line does different things to different RPCs, or where the evidence cannot tell two apart. */
type Foretold = Cause | readonly [Cause, ...Cause[]];

/**
 * The diagnosis that each sabotage must lead to, by its name within its row. `meshproof prove` demands it of the first
 * diagnosis given, and no rule knows these names.
 */
const DIAGNOSES: Readonly<Partial<Record<Row, Readonly<Record<string, Foretold>>>>> = {
  S1: {
    'ALPN narrowed to h2': 'alpn-without-h2',
    'ALPN narrowed to http/1.1': 'alpn-without-h2',
    'Gateway of another host': 'sni-of-no-server',
    'Gateway of any host': 'any-host',
    'TLS 1.2 at most': 'tls-version',
    'TLS 1.3 only': 'tls-version',
    'TLS without a mode': 'refused-at-admission',
    'certificate of another authority': 'certificate-untrusted',
    'certificate of another host': 'certificate-of-other-host',
    'expired certificate': 'certificate-expired',
    'key and certificate do not match': 'secret-key-mismatch',
    'no TLS on 443': 'listener-declared-otherwise',
    'secret in the wrong namespace': 'secret-in-other-namespace',
    'secret missing': 'secret-missing',
    'wrong credentialName': 'secret-missing',
    // No RPC is made: what stands before the gateway is not to be told from a client that offers otherwise.
    'a balancer with TLS re-encrypted and ALPN h2': 'client-asked-otherwise',
    'a balancer with TLS terminated and ALPN h2': 'client-asked-otherwise',
    'a balancer with TLS terminated and ALPN none': 'alpn-without-h2',
    // What was to fail is answered, as if by a route that takes too much.
    'grpc-go to the h2c listener': 'route-too-wide',
    'the authority is known': 'route-too-wide',
    'the right server name': 'route-too-wide',
  },
  S2: {
    'a port that is none': 'refused-at-admission',
    'another destination': 'wrong-destination',
    'any host': 'any-host',
    'networking.rypt.io/v1': 'refused-at-admission',
    'resilience route matches by path': 'retried-too-much',
    'route at another Gateway': 'route-not-at-gateway',
    'route under tcp': 'route-under-tcp-or-tls',
    'route under tls': 'route-under-tcp-or-tls',
    'streaming route matches by path': 'wrong-destination',
  },
  S3: {
    'grpc-go to the tls listener': 'route-too-wide',
    'HTTP/1.1 client': 'http1-client',
    'a server that answers first': 'http1-client',
    'TLS client on 80': 'tls-to-plaintext-listener',
    // To a client that speaks plaintext, and to one that was to fail with TLS.
    'TLS on 80': ['plaintext-to-tls-listener', 'listener-declared-otherwise'],
    httpsRedirect: 'https-redirect',
    'no TLS on 443': 'listener-declared-otherwise',
    'no server on 80': 'no-listener',
    'plaintext client on 443': 'plaintext-to-tls-listener',
  },
  S4: {
    'Service selectors swapped': 'selector-of-other-pods',
    'a match that is none': 'refused-at-admission',
    'catch-all added': 'route-too-wide',
    'destinations swapped': 'wrong-destination',
    'health route dropped': 'route-matches-otherwise',
    'prefix without a closing slash': 'prefix-catches-neighbour',
    'route order reversed': 'route-shadowed',
    'user route dropped': 'route-matches-otherwise',
  },
  S5: {
    'a bidi RPC that falls silent': 'stream-idle-timeout',
    'a client that half-closes at once': 'route-timeout',
    'a client-stream RPC that falls silent': 'stream-idle-timeout',
    'a server-stream RPC that falls silent': 'stream-idle-timeout',
    'a timeout on the route': 'route-timeout',
    'group spelt right': 'refused-at-admission',
    max_stream_duration: 'max-stream-duration',
    'no max-connection-duration': 'timer-absent',
    'no max-stream-duration': 'timer-absent',
    'no stream-idle-timeout': 'timer-absent',
    'no timeout': 'accepted-at-admission',
    'no timeout on the route': 'timer-absent',
    'stream idle timeout below the quiet interval': 'stream-idle-timeout',
  },
  S6: {
    'a longer perTryTimeout': 'per-try-timeout',
    'a longer timeout': 'route-timeout',
    'a retryOn that is none': 'refused-at-admission',
    'a server that cancels instead of refusing': 'backend-reset',
    'a server that does not keep its deadline': 'per-try-timeout',
    'a server that keeps the deadline it is told': 'backend-answered',
    'a shorter timeout': 'route-timeout',
    'a wrong retryOn name': 'refused-at-admission',
    // Its statuses are tried more often than wanted, the others less.
    'another valid retryOn': ['retry-on-other-status', 'retried-too-much'],
    'attempts: 0': 'retries-off',
    'no retries given': 'retry-policy-default',
    'retries of what is not idempotent': 'retried-too-much',
    'retryOn an HTTP status': 'retry-on-http-status',
    'retryOn gateway-error too': 'retried-too-much',
  },
  S8: {
    // Only the client knows that it was to send another one.
    'a content-type that is translated': 'backend-answered',
    // The server did as it was told, and so did the client.
    'a server that says OK': 'backend-answered',
    'an operation that is none': 'refused-at-admission',
    // It takes a timer away, a request in that was to find no route, or an error that only the client was to see.
    'everything routed to the service': [
      'wrong-destination',
      'route-matches-otherwise',
      'route-too-wide',
      'timer-absent',
      'backend-answered',
      'client-asked-otherwise',
    ],
    'no cancellation': 'backend-answered',
    'filter absent': 'grpc-web-filter-absent',
    'filter matching a name that is not there': 'envoy-filter-without-effect',
    'old filter name': 'refused-at-admission',
    'old filter name without typed_config': 'envoy-filter-rejected',
    "the seed's match on content-type": 'route-matches-otherwise',
  },
  S9: {
    'an origin without a match': 'refused-at-admission',
    'another origin allowed': 'cors-origin',
    'any origin allowed': 'cors-any-origin',
    'a call over TLS': 'backend-answered',
    'a call without cookies': 'backend-answered',
    'a policy for everybody on every route': 'cors-any-origin',
    'certificate: expired': 'certificate-expired',
    // To an XMLHttpRequest nobody says why.
    'certificate: other authority': ['certificate-untrusted', 'client-asked-otherwise'],
    'certificate: other host': 'certificate-of-other-host',
    'credentials allowed': 'backend-answered',
    'filter absent': 'grpc-web-filter-absent',
    'maxAge of a second': 'backend-answered',
    'no policy on any route': 'cors-absent',
    'the match taken out': 'backend-answered',
    'x-initial exposed': 'backend-answered',
    'x-tenant allowed': 'backend-answered',
    'no exposeHeaders': 'cors-expose-headers',
    "the seed's match on content-type": 'cors-preflight-unmatched',
    'x-grpc-web not allowed': 'cors-header',
  },
  S10: {
    'ALPN narrowed to http/1.1': 'alpn-without-h2',
    'another destination': 'wrong-destination',
    'any host': 'any-host',
    // It was grpcurl itself that was to give up.
    'catch-all added': 'backend-answered',
    'catch-all to another service': 'wrong-destination',
    'no route to v1': 'reflection-not-routed',
    'no route to v1alpha': 'reflection-not-routed',
    'user route dropped': 'route-matches-otherwise',
    'reflection not routed': 'reflection-not-routed',
  },
  S11: {
    'a balancer that passes TLS through': 'backend-answered',
    // What was to fail is answered, or answered over HTTP/2 where it was to be HTTP/1.1.
    'a balancer with TLS re-encrypted and ALPN h2': ['route-too-wide', 'backend-answered'],
    'a balancer with TLS re-encrypted and ALPN none': 'alpn-without-h2',
    'a balancer with TLS terminated and ALPN h2': ['route-too-wide', 'backend-answered'],
    'a balancer with TLS terminated and ALPN none': ['alpn-without-h2', 'backend-answered'],
    'a client before grpc-go 1.67': 'backend-answered',
    'a client since grpc-go 1.67': 'alpn-without-h2',
    // What these cases are about is a fault that the sabotage takes away: what is left is an RPC that goes well.
    'a client that has time': ['backend-answered', 'timer-absent'],
    'a client that stays to the end': 'backend-answered',
    'a server that does not reset': ['backend-answered', 'timer-absent'],
    'a server that stays': 'backend-answered',
    'a trailers-only reply': 'backend-answered',
    'no max-connection-duration': ['backend-answered', 'timer-absent'],
    'port declared grpc': ['backend-answered', 'route-too-wide'],
  },
  S13: {
    'appProtocol http over the name grpc': 'port-declared-http1',
    'clients stick to a pod': 'sticky-balancing',
    'one replica': 'too-few-endpoints',
    'port http': 'port-declared-http1',
    'port tcp-grpc': 'port-declared-tcp',
    'undeclared port': 'port-undeclared',
  },
  S14: {
    'a server without metadata for grpc-go': 'backend-answered',
    'another destination': 'wrong-destination',
    'grpc-go without metadata': 'backend-answered',
    'half the deadline': 'timer-absent',
    // The server answered as it was told; that the client was to refuse it, only the client knows.
    'client without a limit': 'backend-answered',
    'headers rewritten by the route': 'headers-rewritten',
    'reply rewritten by a Lua filter': 'envoy-filter-rewrites',
    'request bodies buffered by a Lua filter': 'envoy-filter-rewrites',
    'request headers limited to 4 KiB': 'envoy-filter-limits',
    'requests limited to 8 KiB': 'envoy-filter-limits',
    'route timeout of 2 s': 'route-timeout',
    'trailers rewritten by a Lua filter': 'envoy-filter-rewrites',
  },
};

/**
 * Sabotages of which no diagnosis is demanded: no rule looks at what happens while a case runs, at matches by header,
 * at mutual TLS or at what a fault filter does. They must be caught like all others.
 */
const UNDIAGNOSED: Readonly<Partial<Record<Row, readonly string[]>>> = {
  S1: [
    'a Secret that stays expired',
    'a Secret that stays in another namespace',
    'a Secret that stays mismatched',
    'a Secret that stays missing',
    'a Secret that stays of another host',
    'a client that has TLSv1.2 only',
    'a client that has TLSv1.3 only',
    'a client with the right certificate',
    'a key that is not the new certificate’s',
    'both hosts at one Gateway',
    'ca.crt of another authority',
    'maxProtocolVersion instead of minProtocolVersion',
    'max_stream_duration',
    'mode: OPTIONAL_MUTUAL',
    'mode: SIMPLE',
    'no maxProtocolVersion',
    'no minProtocolVersion',
    'nothing wrong to begin with',
    'rotated to another host’s certificate',
    'the hosts’ destinations swapped',
  ],
  S4: [
    'a prefix that takes everything',
    'another status answered',
    'equal weights',
    'mirrored elsewhere',
    'no delay',
    'no fault on aborted',
    'no fault on aborted-by-http',
    'no mirror',
    'no response headers changed',
    'no rewrite',
    'no route aborted',
    'no route aborted-by-http',
    'no route answered-by-the-gateway',
    'no route any-case',
    'no route authority-rewritten',
    'no route both',
    'no route either',
    'no route exact-header',
    'no route exact-path',
    'no route header-present',
    'no route headers-changed',
    'no route health-of-the-greeter',
    'no route prefix-header',
    'no route regex-header',
    'no route regex-path',
    'no route rewritten',
    'set and added to another name',
    'the last route first',
  ],
  S5: [
    'a gateway that stays',
    'a push that never comes',
    'a push that takes the route away',
    'a server that ends without grace',
    'max_stream_duration below the time of a push',
    'streams that end in time',
  ],
};

/** The causes that a sabotage may lead to; undefined when nobody has foretold any. */
export function foretold(row: Row, sabotage: string): readonly Cause[] | undefined {
  const causes = DIAGNOSES[row]?.[sabotage];
  return causes === undefined ? undefined : [causes].flat();
}

/** Whether none is demanded of it. */
export const isUndiagnosed = (row: Row, sabotage: string): boolean =>
  UNDIAGNOSED[row]?.includes(sabotage) === true;
