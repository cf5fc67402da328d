import type { Configuration } from '../configuration.ts';
import type { Field } from '../field.ts';
import { signOfGrpcWeb } from '../istio/grpc-signs.ts';
import { httpRoutes } from '../istio/virtual-service.ts';
import type { Problem, Rule } from '../rule.ts';

/** Headers that a browser or a proxy puts on a preflight. Anything else, content-type and credentials too, is left out. */
const ON_A_PREFLIGHT =
  /^(?::.*|accept.*|access-control-request-.*|cache-control|connection|host|origin|pragma|priority|referer|sec-.*|user-agent|x-b3-.*|x-envoy-.*|x-forwarded-.*|x-real-ip|x-request-id)$/i;

/** The condition of a match that a preflight never meets; nothing where it may meet them all. */
function barrier(match: Field): Field | undefined {
  const method = match.at('method');
  const exact = method.at('exact').text;
  const prefix = method.at('prefix').text;
  if (exact !== undefined && exact !== 'OPTIONS') return method;
  if (prefix !== undefined && !'OPTIONS'.startsWith(prefix)) return method;
  const header = match.at('headers').entries.find(([name]) => !ON_A_PREFLIGHT.test(name));
  return header?.[1];
}

const allBarred = (route: Field): boolean => {
  const matches = route.at('match').items;
  return matches.length > 0 && matches.every((match) => barrier(match) !== undefined);
};

/** A route of the same hosts with a policy that a preflight can reach answers it instead. */
function answeredElsewhere(configuration: Configuration, route: Field): boolean {
  const hosts = new Set(route.root.at('spec', 'hosts').texts);
  return configuration
    .networking('VirtualService')
    .filter((service) => service.at('spec', 'hosts').texts.some((host) => hosts.has(host)))
    .flatMap(httpRoutes)
    .some((other) => other.at('corsPolicy').exists && !allBarred(other));
}

export const corsPreflight: Rule = {
  id: 'cors-preflight',
  title: 'No preflight can match the route of the CORS policy',
  severity: 'error',
  why: "Before a gRPC-Web call a browser asks by OPTIONS, without the call's content-type and metadata. Envoy's CORS filter answers by the policy of the route that this request matches: if it matches none, the browser gets an error and never makes the call.",
  fix: 'Match by path only, or add a match on method OPTIONS to the same route.',
  links: [
    'https://fetch.spec.whatwg.org/#cors-preflight-fetch',
    'https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/cors_filter',
    'https://github.com/istio/istio/issues/27207',
  ],
  *check(configuration): Iterable<Problem> {
    for (const route of configuration.networking('VirtualService').flatMap(httpRoutes)) {
      const policy = route.at('corsPolicy');
      // Calls that are no gRPC-Web may be simple ones, which need no preflight.
      if (!policy.exists || !allBarred(route) || signOfGrpcWeb(route) === undefined) continue;
      if (answeredElsewhere(configuration, route)) continue;
      const [first] = route.at('match').items;
      const condition = first && barrier(first);
      if (!condition) continue;
      yield {
        at: condition,
        message: `A preflight has no ${String(condition.path.at(-1))} that fulfils this, so the route's corsPolicy never answers one.`,
        related: [{ at: policy, message: 'the policy' }],
      };
    }
  },
};
