import { isServicePath } from '../istio/grpc-signs.ts';
import { allHttpRoutes } from '../istio/virtual-service.ts';
import type { Problem, Rule } from '../rule.ts';

export const rewrittenPath: Rule = {
  id: 'rewritten-path',
  title: 'The path of an RPC is rewritten or redirected',
  severity: 'error',
  why: 'The path of a gRPC request is the name of its method. A server that gets another path answers 12 UNIMPLEMENTED, and a redirect is an error to every gRPC client.',
  fix: 'Remove rewrite.uri, rewrite.uriRegexRewrite or redirect from routes of gRPC services.',
  links: ['https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests'],
  *check(configuration): Iterable<Problem> {
    for (const route of allHttpRoutes(configuration)) {
      const service = route
        .at('match')
        .items.map((match) => match.at('uri', 'prefix').text ?? match.at('uri', 'exact').text)
        .find((path) => isServicePath(path?.replace(/\/$/, '')));
      if (service === undefined) continue;
      const change = [
        route.at('rewrite', 'uri'),
        route.at('rewrite', 'uriRegexRewrite'),
        route.at('redirect'),
      ].find(
        // A rewrite of a whole prefix to itself changes nothing.
        (field) => field.exists && field.value !== service,
      );
      if (change)
        yield {
          at: change,
          message: `The RPCs of ${service} do not reach their server under their own name.`,
        };
    }
  },
};
