import type { Balancer } from '../../src/clients/balancer.ts';
import type { Sabotage } from '../../src/conformance/model.ts';

/** Another balancer stands there. */
export const throughAnother = (through: Balancer, caughtBy: string): Sabotage => ({
  name:
    through.tls === 'passed through'
      ? 'a balancer that passes TLS through'
      : `a balancer with TLS ${through.tls} and ALPN ${through.alpn.join(' ') || 'none'}`,
  change: { invocation: { through } },
  caughtBy,
});

/** The client goes on without ALPN. */
export const clientBefore167 = (caughtBy: string): Sabotage => ({
  name: 'a client before grpc-go 1.67',
  change: { invocation: { enforceAlpn: false } },
  caughtBy,
});

/** The client insists on ALPN. */
export const clientOfToday = (caughtBy: string): Sabotage => ({
  name: 'a client since grpc-go 1.67',
  change: { invocation: { enforceAlpn: true } },
  caughtBy,
});
