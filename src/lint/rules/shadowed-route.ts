import type { Field } from '../field.ts';
import { isServicePath } from '../istio/grpc-signs.ts';
import { httpRoutes, matchesPath, otherConditions } from '../istio/virtual-service.ts';
import type { Problem, Rule } from '../rule.ts';

/** The first of the earlier matches that takes every path that begins like this one. */
function shadowOf(path: string, earlier: readonly Field[]): Field | undefined {
  return earlier.find((match) => {
    if (otherConditions(match).length > 0 || match.at('uri', 'exact').exists) return false;
    return (
      matchesPath(match, path) && (match.at('uri', 'regex').exists ? matchesPath(match, `${path}/x`) : true)
    );
  });
}

export const shadowedRoute: Rule = {
  id: 'shadowed-route',
  title: 'A gRPC route is never reached',
  severity: 'error',
  why: 'Within a VirtualService the first route that matches is taken. An earlier one that takes the same paths, and more, leaves nothing to this one; its service gets no RPC and another one answers 12 UNIMPLEMENTED.',
  fix: 'Put the narrower route first.',
  links: ['https://istio.io/latest/docs/concepts/traffic-management/#routing-rule-precedence'],
  *check(configuration): Iterable<Problem> {
    for (const service of configuration.networking('VirtualService')) {
      const earlier: Field[] = [];
      for (const route of httpRoutes(service)) {
        const matches = route.at('match').items;
        for (const match of matches) {
          const path = match.at('uri', 'prefix').text ?? match.at('uri', 'exact').text;
          const shadow =
            path === undefined || !isServicePath(path.replace(/\/$/, ''))
              ? undefined
              : shadowOf(path, earlier);
          if (!shadow) continue;
          yield {
            at: match.at('uri'),
            message: `Every path of ${String(path)} is taken by an earlier route.`,
            related: [{ at: shadow, message: 'the earlier match' }],
          };
        }
        // A route without a match takes everything.
        earlier.push(...(matches.length === 0 ? [route.at('match')] : matches));
      }
    }
  },
};
