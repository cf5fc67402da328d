import type { Surroundings } from '../../src/lint/configuration.ts';

/** What the rules are told unless a test is about it. */
export const SURROUNDINGS: Surroundings = {
  istioVersion: '1.31.0',
  namespace: 'default',
  istioNamespace: 'istio-system',
};
