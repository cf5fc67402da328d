import type { Change, ChangeStep } from '../../src/traffic/change.ts';
import { LONG_DRAIN } from './rollouts.ts';
import { STREAMS_SERVICE, UNARY_SERVICE, behindSidecars } from './steps.ts';

/** Everybody gets a certificate by the CA that istiod has now. */
const REPLACED: readonly ChangeStep[] = [
  { restart: 'ingress gateway' },
  { restart: UNARY_SERVICE },
  { restart: STREAMS_SERVICE },
];

/**
 * The CA that istiod signs workload certificates by changes, while the gateway speaks mutual TLS to sidecars. Both roots
 * are trusted before anybody has a certificate by the new one; that is what makes it lossless (Istio's task "Plug in CA
 * Certificates" has no word of the order).
 */
export const AUTHORITIES: readonly Change[] = [
  {
    name: 'ca-rotation',
    title:
      'istiod signs by another CA, which all trust already, and gateway and services are replaced one after the other: no unary RPC is lost.',
    // A gateway that does not trust the new istiod's certificate yet would learn nothing of what is applied.
    prepare: [
      { workloadCa: { signs: 'old', trusts: ['old', 'new'] } },
      LONG_DRAIN,
      { apply: behindSidecars },
    ],
    steps: [{ workloadCa: { signs: 'new', trusts: ['old', 'new'] } }, ...REPLACED],
    restore: [{ workloadCa: null }, { proxyConfig: null }, { apply: {} }],
    afterSeconds: 15,
    needs: ['gateway-restart', 'injection'],
    expectation: {
      unary: [],
      // Their pods end, and their gateway does.
      streams: ['reset', 'refused by gateway', 'cut after GOAWAY', 'cut without GOAWAY, quiet'],
      signs: ['other workload CA', { newPodOf: UNARY_SERVICE }, { newPodOf: STREAMS_SERVICE }],
    },
    sabotage: {
      name: 'nobody trusts the new CA before the old one is gone',
      prepare: [{ workloadCa: { signs: 'old', trusts: ['old'] } }, LONG_DRAIN, { apply: behindSidecars }],
      steps: [{ workloadCa: { signs: 'new', trusts: ['new'] } }, ...REPLACED],
      caughtBy: 'unary RPCs: refused by gateway',
    },
  },
];
