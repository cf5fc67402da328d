import { named, streamingMethods } from '../istio/caught-methods.ts';
import { durationMs } from '../istio/duration.ts';
import { signOfTraffic } from '../istio/grpc-signs.ts';
import type { Problem, Rule } from '../rule.ts';

export const streamingPerTryTimeout: Rule = {
  id: 'streaming-per-try-timeout',
  title: 'A route with a perTryTimeout takes a streaming method',
  severity: 'error',
  why: "Envoy's own timer ends with the response headers, but it also writes perTryTimeout into the request as grpc-timeout, and a gRPC server that honours its deadline ends the stream by it. A stream that waits for its first message is cut and opened anew.",
  fix: 'Route streaming methods by a route of their own without perTryTimeout.',
  links: [
    'https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-upstream-rq-per-try-timeout-ms',
    'https://github.com/envoyproxy/envoy/issues/10029',
  ],
  *check(configuration): Iterable<Problem> {
    for (const service of configuration.networking('VirtualService')) {
      for (const [route, methods] of streamingMethods(configuration, service)) {
        const perTry = route.at('retries', 'perTryTimeout');
        if (methods.length === 0 || (durationMs(perTry.text) ?? 0) === 0) continue;
        if (signOfTraffic(configuration, route) === undefined) continue;
        yield {
          at: perTry,
          message: `This route takes ${named(methods)}, a stream, and tells its server that the deadline is ${String(perTry.text)}.`,
        };
      }
    }
  },
};
