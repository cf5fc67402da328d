import type { Field } from '../field.ts';

/** How Istio treats a port, as `pkg/config/protocol` names it; `undeclared` is its `UnsupportedProtocol`. */
export type PortProtocol =
  | 'TCP'
  | 'UDP'
  | 'GRPC'
  | 'GRPC-Web'
  | 'HTTP'
  | 'HTTP_PROXY'
  | 'HTTP2'
  | 'HTTPS'
  | 'TLS'
  | 'Mongo'
  | 'Redis'
  | 'MySQL'
  | 'undeclared';

const BY_WORD: Readonly<Record<string, PortProtocol>> = {
  tcp: 'TCP',
  udp: 'UDP',
  grpc: 'GRPC',
  'grpc-web': 'GRPC-Web',
  http: 'HTTP',
  http_proxy: 'HTTP_PROXY',
  http2: 'HTTP2',
  https: 'HTTPS',
  tls: 'TLS',
  mongo: 'Mongo',
  redis: 'Redis',
  mysql: 'MySQL',
};

/** Kubernetes' own values (KEP-3726), which count in appProtocol only. */
const KUBERNETES_VALUES: Readonly<Record<string, PortProtocol>> = {
  'kubernetes.io/h2c': 'HTTP2',
  'kubernetes.io/ws': 'HTTP',
  'kubernetes.io/wss': 'HTTPS',
};

/** SMTP, DNS, MySQL, MongoDB: TCP where nothing is declared. */
const NEVER_DETECTED = new Set([25, 53, 3306, 27017]);

/** What of a port of a Service says which protocol it speaks. */
interface DeclaredPort {
  readonly name?: string | undefined;
  readonly appProtocol?: string | undefined;
  /** Of the transport: `TCP`, `UDP`. */
  readonly protocol?: string | undefined;
  readonly port?: number | undefined;
}

/**
 * The protocol that Istio reads out of a port of a Service: from appProtocol, else from the name up to its first dash.
 *
 * @see https://github.com/istio/istio/blob/master/pkg/config/kube/conversion.go ConvertProtocol
 * @see https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/
 */
export const portProtocol = (port: Field): PortProtocol =>
  declaredProtocol({
    name: port.at('name').text,
    appProtocol: port.at('appProtocol').text,
    protocol: port.at('protocol').text,
    port: port.at('port').number,
  });

/** The same of a port that was read already. */
export function declaredProtocol({ name, appProtocol, protocol, port }: DeclaredPort): PortProtocol {
  if (protocol === 'UDP') return 'UDP';
  const word = appProtocol ?? name ?? '';
  if (appProtocol !== undefined && KUBERNETES_VALUES[appProtocol]) return KUBERNETES_VALUES[appProtocol];
  if (word.toLowerCase().startsWith('grpc-web')) return 'GRPC-Web';
  const known = protocolNamed(word.split('-')[0] ?? '');
  if (known === 'undeclared' && NEVER_DETECTED.has(port ?? 0)) return 'TCP';
  return known;
}

/** A protocol as a Gateway's server names it, in whatever case. */
export function protocolNamed(word: string): PortProtocol {
  const key = word.toLowerCase();
  return Object.hasOwn(BY_WORD, key) ? (BY_WORD[key] ?? 'undeclared') : 'undeclared';
}

/** True for protocols by which Istio speaks HTTP/2 to the port. */
export function isHttp2(protocol: PortProtocol): boolean {
  return protocol === 'HTTP2' || protocol === 'GRPC' || protocol === 'GRPC-Web';
}

/** True for protocols whose requests `http` routes see: no TLS, no raw bytes. */
export function isHttp(protocol: PortProtocol): boolean {
  return isHttp2(protocol) || protocol === 'HTTP' || protocol === 'HTTP_PROXY';
}
