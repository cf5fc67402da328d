/** Something that is known to behave otherwise from a version on: whoever upgrades across it sees it. */
export interface KnownDifference {
  readonly component: 'envoy' | 'istio';
  /** The first version that behaves so. */
  readonly since: string;
  readonly what: string;
  /** Where it is written. */
  readonly source: string;
}

/** By name, in the order of versions. What is said of a version that could not be measured here says so. */
export const KNOWN_DIFFERENCES = {
  'http2-limits': {
    component: 'envoy',
    since: '1.36',
    what: 'HTTP/2 limits by default: 1024 concurrent streams on a connection instead of 2147483647, a stream window of 16 MiB instead of 256, a connection window of 24 MiB instead of 256.',
    source: 'envoy changelogs/1.36.0.yaml',
  },
  'reset-code': {
    component: 'envoy',
    since: '1.37',
    what: 'A stream is reset with INTERNAL_ERROR by default, and not with NO_ERROR.',
    source: 'envoy changelogs/1.37.0.yaml, guard reset_with_error',
  },
  'backend-protocol-error': {
    component: 'envoy',
    since: '1.37',
    what: 'A protocol error of the backend is not passed on to the client, whose stream is reset with INTERNAL_ERROR instead.',
    source: 'envoy changelogs/1.37.0.yaml, guard reset_ignore_upstream_reason',
  },
  'drain-on-completion': {
    component: 'envoy',
    since: '1.37',
    what: 'A connection that drains when a request completes gets GOAWAY, and is not closed abruptly.',
    source: 'envoy changelogs/1.37.0.yaml',
  },
  'sni-of-failed-handshakes': {
    component: 'envoy',
    since: '1.37',
    what: 'The access log has the SNI also where the TLS handshake fails later.',
    source: 'envoy changelogs/1.37.0.yaml',
  },
  'deadline-status': {
    component: 'envoy',
    since: '1.38',
    what: 'A timeout of the route may end a gRPC call with DEADLINE_EXCEEDED instead of UNAVAILABLE, by the runtime guard grpc_timeout_returns_deadline_exceeded, which is off unless a build turns it on.',
    source: 'envoy changelogs/1.38.0.yaml, envoy#44479',
  },
  'transport-failure-reason': {
    component: 'envoy',
    since: '1.39',
    what: "The reason of a failed connection to the backend is no longer in the reply's message; the access log has it as UPSTREAM_TRANSPORT_FAILURE_REASON. Some builds of 1.38 have this already.",
    source: 'summaries of the changelogs; seen of stock Envoy 1.36.4 and 1.40.0',
  },
  'reset-after-reply': {
    component: 'envoy',
    since: '1.39',
    what: 'A reply that the backend has ended is passed on whole, though a RST_STREAM with NO_ERROR comes after it.',
    source: 'envoy changelogs/1.39.0.yaml, guard http_preserve_rst_no_error',
  },
  'header-values': {
    component: 'envoy',
    since: '1.39',
    what: 'Values of a header that is sent several times are matched one by one, and not joined by a comma.',
    source: 'envoy changelogs/1.39.0.yaml, guard match_headers_individually',
  },
  'http2-codec': {
    component: 'envoy',
    since: '1.40',
    what: 'HTTP/2 is read and written by nghttp2 and not by oghttp2, which loses the trailers of a reply of 65535 octets. Seen of stock Envoy 1.36.4 and 1.40.0; those between were not tried.',
    source: 'guard http2_use_oghttp2, envoy#40821',
  },
  'drain-of-quiet-connections': {
    component: 'envoy',
    since: '1.40',
    what: 'A connection on which no RPC begins gets GOAWAY in the second half of a drain, and is not cut untold.',
    source: 'envoy changelogs/1.40.0.yaml, guard use_connection_event_drain',
  },
  'retry-of-503': {
    component: 'istio',
    since: '1.24',
    what: 'The default retry policy leaves out 503, which is unsafe to retry: servers see fewer attempts.',
    source: 'Istio 1.24 upgrade notes, istio#52111',
  },
  'debug-authorisation': {
    component: 'istio',
    since: '1.29',
    what: "Debug endpoints want authorisation, and the circuit breaker's remaining_* gauges are off.",
    source: 'Istio 1.29 upgrade notes',
  },
  'xds-debug-authentication': {
    component: 'istio',
    since: '1.30',
    what: 'xDS debugging at port 15010 wants authentication.',
    source: 'Istio 1.30 upgrade notes',
  },
} as const satisfies Readonly<Record<string, KnownDifference>>;

export type DifferenceName = keyof typeof KNOWN_DIFFERENCES;

/** All names of {@link KNOWN_DIFFERENCES}. */
export const DIFFERENCE_NAMES = Object.keys(KNOWN_DIFFERENCES) as [DifferenceName, ...DifferenceName[]];
