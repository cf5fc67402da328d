import { named, streamingMethods } from '../istio/caught-methods.ts';
import { durationMs } from '../istio/duration.ts';
import { signOfTraffic } from '../istio/grpc-signs.ts';
import type { Problem, Rule } from '../rule.ts';

export const streamingTimeout: Rule = {
  id: 'streaming-timeout',
  title: 'A route with a timeout takes a streaming method',
  severity: 'error',
  why: 'timeout is the time for the whole response, so it cuts every stream that lives longer, however busy it is: 14 UNAVAILABLE "upstream request timeout", and UT in the access log. Without the field there is no limit (Envoy gets 0s).',
  fix: 'Route streaming methods by a route of their own that has no timeout.',
  links: [
    'https://www.envoyproxy.io/docs/envoy/latest/faq/configuration/timeouts',
    'https://github.com/istio/istio/issues/1667',
  ],
  *check(configuration): Iterable<Problem> {
    for (const service of configuration.networking('VirtualService')) {
      for (const [route, methods] of streamingMethods(configuration, service)) {
        const timeout = route.at('timeout');
        if (methods.length === 0 || (durationMs(timeout.text) ?? 0) === 0) continue;
        if (signOfTraffic(configuration, route) === undefined) continue;
        yield {
          at: timeout,
          message: `This route takes ${named(methods)}, a stream, and ends it after ${String(timeout.text)}.`,
        };
      }
    }
  },
};
