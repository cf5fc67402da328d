import { STATUS_CODES } from 'node:http';
import { RETRY_CONDITIONS } from '../istio/api.ts';
import { GRPC_RETRY_CONDITIONS } from '../istio/grpc-signs.ts';
import { allHttpRoutes } from '../istio/virtual-service.ts';
import type { Problem, Rule } from '../rule.ts';

/** gRPC statuses that Envoy has no condition for. */
const NOT_RETRIABLE = new Set([
  'aborted',
  'already-exists',
  'data-loss',
  'failed-precondition',
  'invalid-argument',
  'not-found',
  'out-of-range',
  'permission-denied',
  'unauthenticated',
  'unimplemented',
  'unknown',
]);

function whatIsWrong(name: string): string | undefined {
  if (RETRY_CONDITIONS.includes(name) || STATUS_CODES[name] !== undefined) return undefined;
  const bare = name.trim();
  const kebab = bare.toLowerCase().replaceAll('_', '-');
  if (bare === '') return 'It holds an empty name.';
  if (bare !== name && RETRY_CONDITIONS.includes(bare)) return `Istio refuses the space around ${bare}.`;
  if (NOT_RETRIABLE.has(kebab)) {
    return `${bare} is a gRPC status that Envoy cannot retry on; it knows ${GRPC_RETRY_CONDITIONS.join(', ')}.`;
  }
  return `${bare} is no condition for a retry${RETRY_CONDITIONS.includes(kebab) ? `; it is written ${kebab}` : ''}.`;
}

export const retryOnName: Rule = {
  id: 'retry-on-name',
  title: 'A name in retryOn does not exist',
  severity: 'error',
  why: 'Istio refuses the whole VirtualService ("is not a valid retryOn policy"), so the routes stay as they were.',
  fix: "Use Envoy's names, separated by commas without spaces.",
  links: [
    'https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-retry-grpc-on',
    'https://github.com/istio/istio/issues/39097',
  ],
  *check(configuration): Iterable<Problem> {
    for (const route of allHttpRoutes(configuration)) {
      const retryOn = route.at('retries', 'retryOn');
      if (retryOn.text === undefined || retryOn.text === '') continue;
      for (const name of retryOn.text.split(',')) {
        const wrong = whatIsWrong(name);
        if (wrong !== undefined) yield { at: retryOn, message: wrong };
      }
    }
  },
};
