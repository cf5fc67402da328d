import { patchesOf } from '../istio/envoy-filter.ts';
import type { Problem, Rule } from '../rule.ts';

export const envoyFilterOrder: Rule = {
  id: 'envoy-filter-order',
  title: 'An HTTP filter is put behind the router',
  severity: 'error',
  why: 'The router ends the chain. Envoy refuses the listener with a filter behind it ("must be the last filter"), so the gateway keeps its old configuration, or has none after a restart.',
  fix: 'Use INSERT_BEFORE with a match on envoy.filters.http.router, or INSERT_FIRST.',
  links: [
    'https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/http/http_filters#filter-ordering',
  ],
  *check(configuration): Iterable<Problem> {
    for (const patch of patchesOf(configuration)) {
      if (patch.at('applyTo').text !== 'HTTP_FILTER') continue;
      const operation = patch.at('patch', 'operation');
      const anchor = patch.at('match', 'listener', 'filterChain', 'filter', 'subFilter', 'name').text;
      const behindRouter = anchor === 'envoy.filters.http.router' || anchor === undefined;
      if (operation.text === 'ADD' || (operation.text === 'INSERT_AFTER' && behindRouter)) {
        yield {
          at: operation,
          message: `${operation.text} puts ${patch.at('patch', 'value', 'name').text ?? 'the filter'} behind the router.`,
        };
      }
    }
  },
};
