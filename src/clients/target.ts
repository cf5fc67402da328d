/** Where the ingress gateway is reached, and what a client must know to trust it. */
export interface Target {
  /** IP address of the gateway, without a port. */
  readonly address: string;
  /** Port of the TLS listener, 443 on a gateway as the seed has it. */
  readonly tlsPort: number;
  /** Port of the plaintext listener, 80 on a gateway as the seed has it. */
  readonly h2cPort: number;
  /** The test CA's certificate: PEM, and the file that holds the same. */
  readonly caPem: string;
  readonly caFile: string;
  /** The host that the Gateway and its VirtualServices name: authority and SNI unless a case says otherwise. */
  readonly host: string;
}

/** How the bytes travel to the gateway. */
export type Transport = 'tls' | 'h2c';

/** The port of a listener of `target`. */
export const portOf = (target: Target, listener: Transport): number =>
  listener === 'tls' ? target.tlsPort : target.h2cPort;

/** The name in an authority, without its port. */
export const hostOf = (authority: string): string => authority.replace(/:\d+$/, '');
