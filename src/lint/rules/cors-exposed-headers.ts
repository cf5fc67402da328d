import { signOfGrpcWeb } from '../istio/grpc-signs.ts';
import { allHttpRoutes } from '../istio/virtual-service.ts';
import type { Problem, Rule } from '../rule.ts';

/** Where a gRPC-Web reply without messages carries its status. */
const NEEDED = ['grpc-status', 'grpc-message'];

export const corsExposedHeaders: Rule = {
  id: 'cors-exposed-headers',
  title: 'The browser may not read the gRPC status',
  severity: 'error',
  why: 'A reply that fails at once has its status in headers, and a page may read only those that the policy exposes. Without them every error is 2 UNKNOWN "No status received".',
  fix: 'Expose grpc-status, grpc-message and grpc-status-details-bin.',
  links: [
    'https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md',
    'https://github.com/istio/istio/issues/16171',
  ],
  *check(configuration): Iterable<Problem> {
    for (const route of allHttpRoutes(configuration)) {
      const policy = route.at('corsPolicy');
      if (!policy.exists || signOfGrpcWeb(route) === undefined) continue;
      const exposed = policy.at('exposeHeaders').texts.map((name) => name.toLowerCase());
      const missing = exposed.includes('*') ? [] : NEEDED.filter((name) => !exposed.includes(name));
      if (missing.length === 0) continue;
      const list = policy.at('exposeHeaders');
      yield { at: list.exists ? list : policy, message: `exposeHeaders lacks ${missing.join(' and ')}.` };
    }
  },
};
