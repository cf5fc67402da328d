/** The kinds that Istio 1.31 serves, by group, each with its versions: `manifests/charts/base/files/crd-all.gen.yaml`. */
export const ISTIO_API: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'networking.istio.io': {
    DestinationRule: ['v1', 'v1beta1', 'v1alpha3'],
    EnvoyFilter: ['v1alpha3'],
    Gateway: ['v1', 'v1beta1', 'v1alpha3'],
    ProxyConfig: ['v1beta1'],
    ServiceEntry: ['v1', 'v1beta1', 'v1alpha3'],
    Sidecar: ['v1', 'v1beta1', 'v1alpha3'],
    VirtualService: ['v1', 'v1beta1', 'v1alpha3'],
    WorkloadEntry: ['v1', 'v1beta1', 'v1alpha3'],
    WorkloadGroup: ['v1', 'v1beta1', 'v1alpha3'],
  },
  'security.istio.io': {
    AuthorizationPolicy: ['v1', 'v1beta1'],
    PeerAuthentication: ['v1', 'v1beta1'],
    RequestAuthentication: ['v1', 'v1beta1'],
  },
  'telemetry.istio.io': { Telemetry: ['v1', 'v1alpha1'] },
  'extensions.istio.io': { TrafficExtension: ['v1alpha1'], WasmPlugin: ['v1alpha1'] },
};

const GROUP_OF_KIND = new Map(
  Object.entries(ISTIO_API).flatMap(([group, kinds]) =>
    Object.keys(kinds).map((kind) => [kind, group] as const),
  ),
);

/**
 * Istio's group that an object means which says another one, by a slip of the pen: most of the labels are right.
 * Nothing for kinds that are not Istio's, or that another product has under the same name.
 */
export function groupMeant(group: string, kind: string): string | undefined {
  const right = GROUP_OF_KIND.get(kind);
  if (right === undefined || group === right) return right;
  const labels = group.split('.');
  const rightLabels = right.split('.');
  const same = labels.filter((label, index) => label === rightLabels[index]).length;
  const slip = labels.length === rightLabels.length && same === rightLabels.length - 1;
  return slip || labels.includes('istio') ? right : undefined;
}

/** What may stand in `retryOn`, beside HTTP statuses: `supportedRetryOnPolicies` in `pkg/config/validation/validation.go`. */
export const RETRY_CONDITIONS: readonly string[] = [
  '5xx',
  'gateway-error',
  'reset',
  'reset-before-request',
  'connect-failure',
  'retriable-4xx',
  'refused-stream',
  'retriable-status-codes',
  'retriable-headers',
  'envoy-ratelimited',
  'http3-post-connect-failure',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
];

/** Filters' names of old, which no proxy has any more: `pkg/config/xds/deprecated.go`. */
export const OLD_FILTER_NAMES: Readonly<Record<string, string>> = {
  'envoy.buffer': 'envoy.filters.http.buffer',
  'envoy.cors': 'envoy.filters.http.cors',
  'envoy.csrf': 'envoy.filters.http.csrf',
  'envoy.http_dynamo_filter': 'envoy.filters.http.dynamo',
  'envoy.ext_authz': 'envoy.filters.http.ext_authz',
  'envoy.fault': 'envoy.filters.http.fault',
  'envoy.grpc_http1_bridge': 'envoy.filters.http.grpc_http1_bridge',
  'envoy.grpc_json_transcoder': 'envoy.filters.http.grpc_json_transcoder',
  'envoy.grpc_web': 'envoy.filters.http.grpc_web',
  'envoy.gzip': 'envoy.filters.http.gzip',
  'envoy.health_check': 'envoy.filters.http.health_check',
  'envoy.ip_tagging': 'envoy.filters.http.ip_tagging',
  'envoy.lua': 'envoy.filters.http.lua',
  'envoy.rate_limit': 'envoy.filters.http.ratelimit',
  'envoy.router': 'envoy.filters.http.router',
  'envoy.squash': 'envoy.filters.http.squash',
  'envoy.listener.http_inspector': 'envoy.filters.listener.http_inspector',
  'envoy.listener.original_dst': 'envoy.filters.listener.original_dst',
  'envoy.listener.original_src': 'envoy.filters.listener.original_src',
  'envoy.listener.proxy_protocol': 'envoy.filters.listener.proxy_protocol',
  'envoy.listener.tls_inspector': 'envoy.filters.listener.tls_inspector',
  'envoy.client_ssl_auth': 'envoy.filters.network.client_ssl_auth',
  'envoy.http_connection_manager': 'envoy.filters.network.http_connection_manager',
  'envoy.mongo_proxy': 'envoy.filters.network.mongo_proxy',
  'envoy.ratelimit': 'envoy.filters.network.ratelimit',
  'envoy.redis_proxy': 'envoy.filters.network.redis_proxy',
  'envoy.tcp_proxy': 'envoy.filters.network.tcp_proxy',
};
