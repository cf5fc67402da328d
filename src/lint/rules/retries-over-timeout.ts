import { durationMs, seconds } from '../istio/duration.ts';
import { allHttpRoutes } from '../istio/virtual-service.ts';
import type { Problem, Rule } from '../rule.ts';

export const retriesOverTimeout: Rule = {
  id: 'retries-over-timeout',
  title: 'The tries do not fit into the timeout',
  severity: 'warning',
  why: 'attempts counts retries, so there is one try more. timeout is for all of them together: when it ends, the last tries were never made or are cut, and the client gets 14 UNAVAILABLE "upstream request timeout".',
  fix: 'Make timeout at least (attempts + 1) x perTryTimeout, or perTryTimeout shorter.',
  links: [
    'https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRetry',
    'https://www.envoyproxy.io/docs/envoy/latest/faq/configuration/timeouts',
  ],
  *check(configuration): Iterable<Problem> {
    for (const route of allHttpRoutes(configuration)) {
      const attempts = route.at('retries', 'attempts').number ?? 0;
      const perTry = durationMs(route.at('retries', 'perTryTimeout').text) ?? 0;
      const timeout = durationMs(route.at('timeout').text) ?? 0;
      const needed = (attempts + 1) * perTry;
      if (attempts <= 0 || timeout === 0 || needed <= timeout) continue;
      yield {
        at: route.at('retries', 'perTryTimeout'),
        message: `${attempts + 1} tries of ${seconds(perTry)} are ${seconds(needed)}, but everything ends after ${seconds(timeout)}.`,
        related: [{ at: route.at('timeout'), message: 'the timeout' }],
      };
    }
  },
};
