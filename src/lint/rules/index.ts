import type { Rule } from '../rule.ts';
import { alpnWithoutH2 } from './alpn-without-h2.ts';
import { apiGroup } from './api-group.ts';
import { authorizationMethod } from './authorization-method.ts';
import { bufferingFilter } from './buffering-filter.ts';
import { catchAllCollision } from './catch-all-collision.ts';
import { connectionReuse } from './connection-reuse.ts';
import { corsExposedHeaders } from './cors-exposed-headers.ts';
import { corsPreflight } from './cors-preflight.ts';
import { corsRequest } from './cors-request.ts';
import { disabledRetries } from './disabled-retries.ts';
import { duplicateHost } from './duplicate-host.ts';
import { envoyFilterAnchor } from './envoy-filter-anchor.ts';
import { envoyFilterConfig } from './envoy-filter-config.ts';
import { envoyFilterName } from './envoy-filter-name.ts';
import { envoyFilterOrder } from './envoy-filter-order.ts';
import { gatewayProtocol } from './gateway-protocol.ts';
import { gatewaySecret } from './gateway-secret.ts';
import { gatewayTlsProtocol } from './gateway-tls-protocol.ts';
import { h2Policy } from './h2-policy.ts';
import { hostName } from './host-name.ts';
import { httpsRedirect } from './https-redirect.ts';
import { portProtocolRule } from './port-protocol.ts';
import { proxylessHold } from './proxyless-hold.ts';
import { retriesOverTimeout } from './retries-over-timeout.ts';
import { retryOnName } from './retry-on-name.ts';
import { rewrittenPath } from './rewritten-path.ts';
import { routeSection } from './route-section.ts';
import { servicePrefix } from './service-prefix.ts';
import { shadowedRoute } from './shadowed-route.ts';
import { streamLimit } from './stream-limit.ts';
import { streamingPerTryTimeout } from './streaming-per-try-timeout.ts';
import { streamingTimeout } from './streaming-timeout.ts';
import { zeroTimeout } from './zero-timeout.ts';

/** Every rule, in the order in which a request meets what it is about: objects, ports, gateways, routes, filters. */
export const RULES: readonly Rule[] = [
  apiGroup,
  portProtocolRule,
  routeSection,
  gatewayProtocol,
  gatewayTlsProtocol,
  gatewaySecret,
  httpsRedirect,
  hostName,
  catchAllCollision,
  duplicateHost,
  shadowedRoute,
  servicePrefix,
  rewrittenPath,
  streamingTimeout,
  streamingPerTryTimeout,
  zeroTimeout,
  retriesOverTimeout,
  retryOnName,
  disabledRetries,
  corsPreflight,
  corsRequest,
  corsExposedHeaders,
  envoyFilterName,
  envoyFilterAnchor,
  envoyFilterOrder,
  envoyFilterConfig,
  alpnWithoutH2,
  bufferingFilter,
  streamLimit,
  h2Policy,
  connectionReuse,
  authorizationMethod,
  proxylessHold,
];
