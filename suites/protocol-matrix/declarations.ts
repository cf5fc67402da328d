/** What the gateway speaks to pods that speak HTTP/2 alone. */
type Spoken = 'HTTP/2' | 'HTTP/1.1' | 'as the client';

/**
 * Each is a Service of `manifests/protocol-matrix/services.yaml`, and what a gateway makes of it (Istio, "Protocol
 * Selection": a gateway guesses nothing; what is not declared is HTTP/1.1).
 */
const SPOKEN = {
  'name-grpc': 'HTTP/2',
  'name-grpc-api': 'HTTP/2',
  'name-http2': 'HTTP/2',
  'app-protocol-grpc': 'HTTP/2',
  'app-protocol-http2': 'HTTP/2',
  'app-protocol-h2c': 'HTTP/2',
  'name-http': 'HTTP/1.1',
  'app-protocol-http': 'HTTP/1.1',
  'name-https': 'HTTP/1.1',
  'name-tcp': 'HTTP/1.1',
  'name-h2c': 'HTTP/1.1',
  'name-otlp-grpc': 'HTTP/1.1',
  unnamed: 'HTTP/1.1',
  'http-as-client': 'as the client',
  'unnamed-as-client': 'as the client',
} as const satisfies Readonly<Record<string, Spoken>>;
export type Declaration = keyof typeof SPOKEN;
export const DECLARATIONS = Object.keys(SPOKEN) as Declaration[];

export const works = (declaration: Declaration, client: '1.1' | '2'): boolean =>
  SPOKEN[declaration] === 'HTTP/2' || (SPOKEN[declaration] === 'as the client' && client === '2');

/** What has the VirtualService take the Service. */
export const choosing = (declaration: Declaration) => ({ 'x-declared-by': declaration });
/** The Service that an RPC goes through. */
export const through = (declaration: Declaration) => `matrix-${declaration}`;
