/** What is known of a cause apart from any evidence. */
export interface CauseFacts {
  /** What is wrong, in a few words. */
  readonly title: string;
  /** Where the rule comes from. */
  readonly source: string;
}

/**
 * Every cause that can be named. Where several explain the same evidence equally well, the one that stands first here
 * is named first: what keeps a connection from being made hides what would go wrong on it.
 */
export const CAUSES = {
  // The API server.
  'refused-at-admission': {
    title: 'an object was refused, so it is not in effect',
    source: "Istio's validating webhook; Kubernetes API server",
  },

  'accepted-at-admission': {
    title: 'an object is accepted that was to be refused',
    source: "Istio's validating webhook, which differs by version",
  },

  // The listener and its TLS.
  'address-unreachable': {
    title: 'nothing takes a connection at the address',
    source: 'TCP: a firewall, a load balancer without targets, or another address',
  },
  'no-listener': {
    title: 'the gateway does not listen on this port',
    source: 'Istio: Gateway.spec.servers',
  },
  'secret-in-other-namespace': {
    title: "the certificate's Secret lies in another namespace than the gateway's pods",
    source: 'Istio: ServerTLSSettings.credentialName; istio#14739',
  },
  'secret-missing': {
    title: 'there is no Secret of the name that the Gateway gives',
    source: 'Istio: ServerTLSSettings.credentialName; istio#37078',
  },
  'secret-key-mismatch': {
    title: "the Secret's key does not belong to its certificate",
    source: 'Envoy: SDS refuses the pair; istio#17409',
  },
  'tls-to-plaintext-listener': {
    title: 'the client speaks TLS, the listener does not',
    source: 'Istio: Gateway.spec.servers[].port.protocol; istio#14909',
  },
  'plaintext-to-tls-listener': {
    title: 'the client speaks plaintext, the listener wants TLS',
    source: 'Istio: Gateway.spec.servers[].port.protocol; istio#52627',
  },
  'listener-declared-otherwise': {
    title: 'the port speaks what its number does not stand for',
    source: 'Istio: Gateway.spec.servers[].port.protocol',
  },
  'alpn-without-h2': {
    title: 'ALPN does not pick HTTP/2',
    source: 'RFC 7301; RFC 9113, section 3.2; istio#43957, grpc-go#7922',
  },
  'tls-version': {
    title: 'client and gateway have no TLS version in common, or not the one wanted',
    source: 'Istio: ServerTLSSettings.minProtocolVersion',
  },
  'sni-of-no-server': {
    title: "the client's SNI fits no server of the Gateway",
    source: 'Envoy: filter_chain_match.server_names; istio#41380',
  },
  'client-certificate': {
    title: 'the gateway wants a client certificate that it can verify',
    source: 'Istio: ServerTLSSettings.mode MUTUAL',
  },
  'any-host': {
    title: 'the Gateway or the VirtualService takes any host',
    source: 'Istio: Gateway.spec.servers[].hosts',
  },
  'certificate-expired': {
    title: "the gateway's certificate has expired",
    source: 'RFC 5280, section 4.1.2.5',
  },
  'certificate-of-other-host': {
    title: "the gateway's certificate is for another host",
    source: 'RFC 9525, section 6',
  },
  'certificate-untrusted': {
    title: "the client does not trust who signed the gateway's certificate",
    source: 'RFC 5280, section 6; istio#35525',
  },
  'https-redirect': {
    title: 'the port answers every request with a redirect to HTTPS',
    source: 'Istio: ServerTLSSettings.httpsRedirect; istio#15365',
  },
  'envoy-filter-rejected': {
    title: 'Envoy rejects what an EnvoyFilter makes of a listener, and keeps what it had',
    source: 'Envoy: a listener update that fails leaves the old one; istio#38214',
  },
  'http2-not-spoken': {
    title: 'the port speaks HTTP/1.1 only',
    source: 'RFC 9113, section 3.3',
  },
  'http1-client': {
    title: 'the client speaks HTTP/1.1',
    source: 'gRPC PROTOCOL-HTTP2.md',
  },

  'connection-coalesced': {
    title: "the connection was made for another Gateway's host",
    source: 'RFC 9113, section 9.1.1; istio#13589, istio#52853, gwapi#3630',
  },
  'connection-given-up': {
    title: 'Envoy gave up the whole connection over one frame of it',
    source: 'Envoy: DPE, codec_error; istio#48894, nodejs/node#51585',
  },

  // From the request to a route.
  'route-kinds-on-one-host': {
    title: 'a GRPCRoute and an HTTPRoute share a host',
    source: 'Gateway API; istio#57172, gwapi#4598',
  },
  'grpcroute-without-hostnames': {
    title: 'a GRPCRoute has no hostnames',
    source: 'Gateway API: GRPCRoute.spec.hostnames; istio#58877',
  },
  'authority-of-no-host': {
    title: 'the authority is no host that is routed',
    source: 'Envoy: virtual_hosts.domains; istio#25350, istio#28103',
  },
  'route-not-at-gateway': {
    title: 'the route is bound to another Gateway, or to no listener of it',
    source: 'Istio: VirtualService.spec.gateways',
  },
  'route-under-tcp-or-tls': {
    title: 'the route stands under `tcp` or `tls`, where an HTTP listener never asks',
    source: 'Istio: VirtualService.spec.http',
  },
  'cors-preflight-unmatched': {
    title: 'no preflight can match the route that has the CORS policy',
    source: 'Fetch standard, CORS-preflight fetch; istio#27207',
  },
  'reflection-not-routed': {
    title: 'no route leads to server reflection',
    source: 'gRPC server reflection; gwapi#3805, grpc-go#2912',
  },
  'route-matches-otherwise': {
    title: 'no route matches this path and these headers',
    source: 'Istio: HTTPMatchRequest; istio#7620',
  },
  'catch-all-shadowed': {
    title: 'of several catch-alls on one host only the first is in effect',
    source: 'Istio: several VirtualServices on one host are concatenated',
  },
  'prefix-catches-neighbour': {
    title: 'a prefix without its closing slash catches another service too',
    source: 'Istio: StringMatch.prefix',
  },
  'route-too-wide': {
    title: 'a catch-all takes what was not to be routed',
    source: 'Istio: VirtualService.spec.http[].match',
  },
  'route-shadowed': {
    title: 'a route before it matches too, and the first one counts',
    source: 'Istio: VirtualService.spec.http is in order',
  },
  'wrong-destination': {
    title: 'the route leads to another service',
    source: 'Istio: Destination.host',
  },
  'selector-of-other-pods': {
    title: "the Service's selector picks another service's pods",
    source: 'Kubernetes: Service.spec.selector',
  },
  'weights-otherwise': {
    title: "the route's weights share RPCs out otherwise",
    source: 'Istio: HTTPRouteDestination.weight',
  },
  'mirrored-otherwise': {
    title: 'the route mirrors to another service, or to none',
    source: 'Istio: HTTPRoute.mirrors',
  },
  'method-of-no-service': {
    title: 'the service knows no method of the path that comes to it',
    source: 'gRPC PROTOCOL-HTTP2.md; Istio: HTTPRewrite.uri',
  },
  'reference-not-granted': {
    title: 'a route or a certificate is of another namespace, which has not allowed it',
    source: 'Gateway API: ReferenceGrant',
  },
  'no-such-destination': {
    title: 'the route leads to a service that the gateway does not know',
    source: 'Envoy: cluster_not_found; istio#36033',
  },
  'endpoint-ejected': {
    title: 'outlier detection has taken the endpoints out',
    source: 'Istio: OutlierDetection; Envoy: UH',
  },
  'no-healthy-upstream': {
    title: 'the service has no endpoint that is ready',
    source: 'Envoy: UH, no_healthy_upstream',
  },

  // From the gateway to the backend.
  'port-declared-tcp': {
    title: "the backend's port is declared as TCP",
    source: 'Istio: protocol selection; istio#7117',
  },
  'port-declared-http1': {
    title: "the backend's port is declared as HTTP/1.1",
    source: 'Istio: protocol selection; istio#57294, istio#9045',
  },
  'port-undeclared': {
    title: "the backend's port declares no protocol, and a gateway takes HTTP/1.1",
    source: 'Istio: protocol selection; istio#57294, istio#19387',
  },
  'backend-without-http2': {
    title: 'the port declares HTTP/2, and what answers there speaks another protocol',
    source: 'Envoy: response flag UPE; RFC 9113, section 3.4',
  },
  'endpoint-not-ejected': {
    title: 'no outlier detection takes a failing endpoint out',
    source: 'Istio: OutlierDetection.consecutive5xxErrors',
  },
  'requests-not-limited': {
    title: 'more RPCs may be under way than was wanted',
    source: 'Istio: ConnectionPoolSettings.http2MaxRequests',
  },
  'requests-limited': {
    title: 'more RPCs are under way than a DestinationRule allows',
    source: 'Envoy: UO; Istio: ConnectionPoolSettings.http2MaxRequests; istio#38425',
  },
  'upstream-tls-mismatch': {
    title: 'TLS is spoken on one side only on the way to the service',
    source: 'Istio: ClientTLSSettings.mode, PeerAuthentication; istio#16282, istio#14909',
  },
  'mutual-tls-not-required': {
    title: 'the service takes plaintext, too',
    source: 'Istio: PeerAuthentication.spec.mtls.mode',
  },
  'backend-tls-without-h2': {
    title: 'TLS to the service offers no h2',
    source: 'Gateway API: BackendTLSPolicy; istio#60466',
  },
  'pooled-connection-closed': {
    title: 'the service closed a connection that the gateway was about to use',
    source: 'Envoy: UC, connection_termination; istio#31393, istio#55138, istio#61267',
  },
  'stream-refused': {
    title: 'a connection has as many streams as it may have',
    source: 'RFC 9113, section 5.1.2; istio#7061, envoy#20650',
  },
  'denied-by-policy': {
    title: 'an AuthorizationPolicy denies the request',
    source: 'Istio: AuthorizationPolicy.spec.rules; istio#20479, istio#39802',
  },
  'sticky-balancing': {
    title: 'a DestinationRule ties clients to one endpoint',
    source: 'Istio: LoadBalancerSettings.consistentHash',
  },
  'balancing-not-sticky': {
    title: 'no DestinationRule ties clients to one endpoint',
    source: 'Istio: LoadBalancerSettings.consistentHash',
  },
  'too-few-endpoints': {
    title: 'there are fewer endpoints than the load was to be spread over',
    source: 'Kubernetes: Deployment.spec.replicas',
  },

  // gRPC-Web and CORS.
  'envoy-filter-without-effect': {
    title: 'an EnvoyFilter matches nothing, and nobody says so',
    source: 'Istio: EnvoyFilter patches that match nothing are skipped; istio/istio.io#10935',
  },
  'grpc-web-filter-absent': {
    title: 'nothing translates gRPC-Web at this listener',
    source: 'Envoy: envoy.filters.http.grpc_web; grpc/grpc-web#1301',
  },
  'cors-any-origin': {
    title: 'the CORS policy allows every origin',
    source: 'Fetch standard, CORS check',
  },
  'cors-origin': {
    title: 'the CORS policy does not allow this origin',
    source: 'Fetch standard, CORS check; istio#16171',
  },
  'cors-header': {
    title: 'the CORS policy does not allow a header that gRPC-Web sends',
    source: 'Fetch standard, Access-Control-Allow-Headers',
  },
  'cors-expose-headers': {
    title: 'a page may not read grpc-status and grpc-message',
    source: 'Fetch standard, Access-Control-Expose-Headers; envoy#34995',
  },
  'cors-absent': {
    title: 'the route has no CORS policy',
    source: 'Istio: HTTPRoute.corsPolicy',
  },

  // Retries.
  'retries-off': {
    title: 'retries are switched off',
    source: 'Istio: HTTPRetry.attempts; istio#40091',
  },
  'retry-policy-default': {
    title: "the route gives no policy of its own, so Istio's default counts",
    source: "Istio's default retry policy; istio#50506",
  },
  'retry-buffer-exceeded': {
    title: 'the request is too large to be kept for another attempt',
    source: 'Envoy: per_request_buffer_limit_bytes; envoy#32464, envoy#15211',
  },
  'retry-on-http-status': {
    title: 'retryOn names HTTP statuses, and every gRPC reply is a 200',
    source: 'Envoy: x-envoy-retry-grpc-on; envoy#17629',
  },
  'retry-on-other-status': {
    title: 'retryOn does not name this status',
    source: 'Envoy: x-envoy-retry-grpc-on',
  },
  'status-in-trailers': {
    title: 'the status came after headers, where the gateway does not look for it',
    source: 'Envoy: x-envoy-retry-grpc-on; envoy#17629, envoy#11049',
  },
  'attempts-used-up': {
    title: 'every attempt that the route allows was made',
    source: 'Istio: HTTPRetry.attempts; Envoy: URX, upstream_retry_limit_exceeded',
  },
  'retries-not-limited': {
    title: 'more retries may be under way than was wanted',
    source: 'Istio: ConnectionPoolSettings.maxRetries; TrafficPolicy.retryBudget',
  },
  'client-retries': {
    title: 'the client retries by itself, too',
    source: 'gRPC A6, client retries; istio#40091',
  },
  'retried-at-another-hop': {
    title: 'a proxy behind the gateway retries, too',
    source: "Istio's default retry policy counts at each hop; istio#40091, envoy#31597",
  },
  'retried-too-much': {
    title: 'the route retries what was to be tried once',
    source: 'Istio: HTTPRetry.retryOn; istio#35774',
  },

  // Timers.
  'per-try-timeout': {
    title: "one attempt's time was up",
    source: 'Envoy: per_try_timeout; istio#13806',
  },
  'stream-idle-timeout': {
    title: 'the stream was silent for longer than it may be',
    source: 'Envoy: stream_idle_timeout; istio#24565',
  },
  'max-stream-duration': {
    title: 'the stream lasted longer than any may',
    source: 'Envoy: max_stream_duration; istio#55831',
  },
  'route-timeout': {
    title: "the route's time was up",
    source: 'Istio: HTTPRoute.timeout; Envoy FAQ on timeouts',
  },
  'client-deadline': {
    title: "the client's own deadline passed",
    source: 'gRPC: deadlines; envoy#44479',
  },
  'timer-absent': {
    title: 'the timer that was to end the RPC is not there, or longer',
    source: 'Envoy FAQ on timeouts',
  },

  // What is done to messages and metadata on the way.
  'answered-by-route': {
    title: 'the route answers by itself',
    source: 'Istio: HTTPRoute.directResponse',
  },
  'fault-injected': {
    title: 'the route injects a fault',
    source: 'Istio: HTTPFaultInjection',
  },
  'fault-absent': {
    title: 'the route injects no fault where one is wanted',
    source: 'Istio: HTTPFaultInjection.percentage',
  },
  'headers-not-rewritten': {
    title: 'the route leaves a header field as it comes',
    source: 'Istio: HTTPRoute.headers',
  },
  'headers-rewritten': {
    title: 'the route rewrites header fields',
    source: 'Istio: HTTPRoute.headers',
  },
  'streams-of-connection': {
    title: 'a connection may have another number of streams at once',
    source: 'Envoy: max_concurrent_streams; RFC 9113, section 5.1.2',
  },
  'windows-too-large': {
    title: 'what is on the way is more than was wanted',
    source: 'RFC 9113, section 5.2; Envoy: initial_stream_window_size',
  },
  'envoy-filter-limits': {
    title: 'an EnvoyFilter sets a limit',
    source: 'Envoy: buffer filter, max_request_headers_kb; istio#55358, istio#50098',
  },
  'envoy-filter-rewrites': {
    title: 'an EnvoyFilter changes or holds up what passes',
    source: 'Envoy: Lua filter; istio#13719',
  },

  'trailers-lost': {
    title: 'the trailers were lost between the gateway and the client',
    source: 'Envoy: http2_use_oghttp2; envoy#40821, istio#56734, istio#59589',
  },
  'answered-before-half-close': {
    title: 'the service answered before the request was whole, and its reset overtook the answer',
    source: 'RFC 9113, section 8.1; envoy#30149, grpc-node#2569',
  },
  'content-length-of-another-body': {
    title: 'content-length stands among the metadata of a request of another length',
    source: 'RFC 9113, section 8.1.1; istio#49685',
  },

  // Without a proxy.
  'xds-bootstrap-absent': {
    title: 'the application started before its xDS bootstrap was there',
    source: 'Istio: holdApplicationUntilProxyStarts; istio#38945, istio#34614',
  },
  'xds-refused': {
    title: 'a library refuses what the control plane tells it',
    source: 'xDS: NACK; gRPC A27; docs/proxyless.md',
  },
  'xds-stream-replaced': {
    title: 'the agent closes an xDS stream when the process opens another',
    source: 'istio#53532, grpc-go#7691',
  },

  // The ends.
  'backend-reset': {
    title: 'the service itself broke the stream off',
    source: 'RFC 9113, section 5.4.2; grpc-go#8041',
  },
  'backend-gone': {
    title: 'the service ended while the RPC was under way',
    source: 'Envoy: UC, upstream_reset_after_response_started',
  },
  'backend-answered': {
    title: 'the service itself answered so',
    source: "the service's own account",
  },
  'client-asked-otherwise': {
    title: 'the client did something else',
    source: "the client's own account",
  },
} as const satisfies Readonly<Record<string, CauseFacts>>;

/** A key of {@link CAUSES}. */
export type Cause = keyof typeof CAUSES;
