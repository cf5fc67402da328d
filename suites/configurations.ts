/**
 * The configurations that cases may ask for: a name, and the folder under the repository's root that kustomize makes
 * it from. Each is applied alone, beside the sample services of `manifests/services`.
 */
export const CONFIGURATIONS = {
  /** The seed's first VirtualService: everything to grpc-service. */
  'catch-all': 'manifests/catch-all',
  /** The same at a Gateway that asks its clients for certificates. */
  'mutual-tls': 'manifests/mutual-tls',
  /** The same at a Gateway whose lower bound is TLS 1.3. */
  'tls-13-only': 'manifests/tls-13-only',
  /** The same at a Gateway whose upper bound is TLS 1.2. */
  'tls-12-only': 'manifests/tls-12-only',
  /** Two hosts, each with a service of its own, in one server of one Gateway. */
  'two-hosts': 'manifests/two-hosts',
  /** The same with a Gateway for each host, and one certificate for both. */
  'two-gateways': 'manifests/two-gateways',
  /** Three of the seed's catch-alls side by side. */
  'catch-all-collision': 'manifests/catch-all-collision',
  /** A gRPC server behind a Service whose port is declared `http`. */
  'declared-http': 'manifests/declared-http',
  /** A gateway that speaks TLS to a server that does not. */
  'tls-to-plaintext': 'manifests/tls-to-plaintext',
  /** Three pods behind Services that declare their port's protocol in one way each. */
  'explicit-protocol': 'manifests/explicit-protocol',
  /** The same pods behind Services that declare their port in every way there is, and gRPC-Web's filter. */
  'protocol-matrix': 'manifests/protocol-matrix',
  /** The same Services before pods that take TLS alone, to which the gateway speaks it. */
  'protocol-matrix-tls': 'manifests/protocol-matrix-tls',
  /** The same before pods that know HTTP/1.1 alone. */
  'protocol-matrix-http1': 'manifests/protocol-matrix-http1',
  /** The same before pods with a sidecar. */
  'protocol-matrix-sidecar': 'manifests/protocol-matrix-sidecar',
  /** Everything to a service whose pod has a known name, so that replies have known sizes. */
  fidelity: 'manifests/fidelity',
  /** One Gateway with TLS and h2c, a path for each sample service, and everything else to grpc-service. */
  default: 'manifests/default',
  /** The seed's three path routes, and no catch-all: what they do not match is routed nowhere. */
  'path-routing': 'manifests/path-routing',
  /** Server reflection behind path routes, in each of its versions. */
  reflection: 'manifests/reflection',
  /** Subsets, and a limit to what is under way at once. */
  limits: 'manifests/limits',
  /** Every kind of match, and every change that a route may make, in one list. */
  'routing-rules': 'manifests/routing-rules',
  /** The seed's route for streams: everything to streaming-service, without a timeout. */
  streaming: 'manifests/streaming',
  /** The same at a gateway that lets no client's connection grow older than 1 s. */
  'streaming-connection-limit': 'manifests/streaming-connection-limit',
  /** The same at a gateway that cuts a stream after 1 s of silence. */
  'streaming-idle-limit': 'manifests/streaming-idle-limit',
  /** The same at a gateway that cuts a stream after 1 s. */
  'streaming-duration-limit': 'manifests/streaming-duration-limit',
  /** The same at a gateway whose windows, on both sides, are 64 KiB. */
  'streaming-small-windows': 'manifests/streaming-small-windows',
  /** The route for streams with a timeout of 1 s. */
  'streaming-timeout': 'manifests/streaming-timeout',
  /** The seed's retry policy: everything to grpc-service. */
  retries: 'manifests/retries',
  /** The same policy with a timeout of 3 s and a perTryTimeout of 1 s. */
  'retries-clock': 'manifests/retries-clock',
  /** A route without retries of its own, which gets Istio's default policy. */
  'retries-default': 'manifests/retries-default',
  /** The same policy for all, a buffer of 64 KiB, one retry at a time of the orders, and a retry budget of the users. */
  'retries-limits': 'manifests/retries-limits',
  /** `attempts: 0` for the orders, and the seed's retry policy for everything else. */
  'retries-off': 'manifests/retries-off',
  /** The seed's gRPC-Web filter and its CORS policy, on a route that takes preflights too. */
  'grpc-web': 'manifests/grpc-web',
  /** The same with the seed's route word for word. */
  'grpc-web-seed': 'manifests/grpc-web-seed',
  /** The filter, and a route for each way in which the gateway answers by itself. */
  'grpc-web-errors': 'manifests/grpc-web-errors',
  /** The filter, and a CORS policy of another form for each service. */
  'cors-policies': 'manifests/cors-policies',
  /** Gateway API at the ingress gateway: a GRPCRoute or an HTTPRoute for each host. */
  'gateway-api': 'manifests/gateway-api',
  /** Listeners that differ in their hostname, and one that asks for certificates. */
  'gateway-api-listeners': 'manifests/gateway-api-listeners',
  /** A Gateway for which Istio makes a gateway of its own. */
  'gateway-api-own': 'manifests/gateway-api-own',
  /** Servers and clients without proxies, and a rule for each feature at a name of its own. */
  proxyless: 'manifests/proxyless',
  /** The same with mutual TLS asked of the orders, and done by their clients. */
  'proxyless-mtls': 'manifests/proxyless-mtls',
  /** The same with mutual TLS that is not demanded. */
  'proxyless-permissive': 'manifests/proxyless-permissive',
  /** As `proxyless`, with an agent that is late. */
  'proxyless-late-agent': 'manifests/proxyless-late-agent',
  /** Servers and a client behind sidecars, under STRICT mutual TLS. */
  sidecar: 'manifests/sidecar',
} as const;
