/** A load balancer of layer 4 between a client and the gateway: it moves bytes, and knows nothing of HTTP. */
export type Balancer =
  /** TLS goes on to the gateway as it comes. */
  | { readonly tls: 'passed through' }
  /** TLS ends at it. What follows goes to the gateway's plaintext port. */
  | {
      readonly tls: 'terminated';
      /** What it offers by ALPN; empty for a balancer that knows no ALPN. */
      readonly alpn: readonly string[];
    }
  /** TLS ends at it, and a connection of its own, with TLS and without ALPN, leads to the gateway's TLS port. */
  | { readonly tls: 're-encrypted'; readonly alpn: readonly string[] };
