import type { Suite } from '../src/conformance/model.ts';
import { cases as catchAll } from './catch-all/cases.ts';
import { cases as containers } from './containers/cases.ts';
import { cases as explicitProtocol } from './explicit-protocol/cases.ts';
import { cases as fidelity } from './fidelity/cases.ts';
import { cases as grpcurl } from './grpcurl/cases.ts';
import { cases as gatewayApi } from './gateway-api/cases.ts';
import { cases as h2c } from './h2c/cases.ts';
import { cases as limits } from './limits/cases.ts';
import { cases as loadBalancer } from './load-balancer/cases.ts';
import { cases as onTheWire } from './on-the-wire/cases.ts';
import { cases as mutualTls } from './mutual-tls/cases.ts';
import { cases as pathRouting } from './path-routing/cases.ts';
import { cases as protocolMatrix } from './protocol-matrix/cases.ts';
import { cases as routingRules } from './routing-rules/cases.ts';
import { cases as seed } from './seed/cases.ts';
import { cases as tlsGateway } from './tls-gateway/cases.ts';
import { cases as proxyless } from './proxyless/cases.ts';
import { cases as sidecar } from './sidecar/cases.ts';
import { cases as retries } from './retries/cases.ts';
import { cases as streaming } from './streaming/cases.ts';
import { cases as twoHosts } from './two-hosts/cases.ts';
import { cases as grpcWeb } from './grpc-web/cases.ts';
import { cases as cors } from './cors/cases.ts';

/** All suites, in the order in which they run: those that share a configuration stand together. */
export const suites: readonly Suite[] = [
  { folder: 'tls-gateway', cases: tlsGateway },
  { folder: 'h2c', cases: h2c },
  { folder: 'mutual-tls', cases: mutualTls },
  { folder: 'two-hosts', cases: twoHosts },
  { folder: 'seed', cases: seed },
  { folder: 'catch-all', cases: catchAll },
  { folder: 'containers', cases: containers },
  { folder: 'load-balancer', cases: loadBalancer },
  { folder: 'on-the-wire', cases: onTheWire },
  { folder: 'explicit-protocol', cases: explicitProtocol },
  { folder: 'protocol-matrix', cases: protocolMatrix },
  { folder: 'fidelity', cases: fidelity },
  { folder: 'path-routing', cases: pathRouting },
  { folder: 'routing-rules', cases: routingRules },
  { folder: 'limits', cases: limits },
  { folder: 'grpcurl', cases: grpcurl },
  { folder: 'retries', cases: retries },
  { folder: 'streaming', cases: streaming },
  { folder: 'grpc-web', cases: grpcWeb },
  { folder: 'cors', cases: cors },
  { folder: 'gateway-api', cases: gatewayApi },
  { folder: 'proxyless', cases: proxyless },
  { folder: 'sidecar', cases: sidecar },
];

export { CONFIGURATIONS } from './configurations.ts';
export { foretold } from './diagnoses.ts';
