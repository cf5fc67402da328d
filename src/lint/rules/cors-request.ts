import type { Field } from '../field.ts';
import { signOfGrpcWeb } from '../istio/grpc-signs.ts';
import { allHttpRoutes } from '../istio/virtual-service.ts';
import type { Problem, Rule } from '../rule.ts';

/** What every gRPC-Web client sends that a preflight asks for. */
const HEADERS = ['content-type', 'x-grpc-web'];

function missingIn(list: Field, wanted: readonly string[]): string[] {
  const given = list.texts.map((text) => text.toLowerCase());
  return given.includes('*') ? [] : wanted.filter((name) => !given.includes(name.toLowerCase()));
}

export const corsRequest: Rule = {
  id: 'cors-request',
  title: 'The CORS policy does not allow a gRPC-Web call',
  severity: 'error',
  why: 'A gRPC-Web call is a POST with content-type application/grpc-web and the header x-grpc-web, so a preflight asks for all three. If the policy leaves one out the browser does not make the call.',
  fix: 'Allow POST, and the headers content-type, x-grpc-web, x-user-agent, grpc-timeout and your own metadata.',
  links: ['https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md'],
  *check(configuration): Iterable<Problem> {
    for (const route of allHttpRoutes(configuration)) {
      const policy = route.at('corsPolicy');
      if (!policy.exists || signOfGrpcWeb(route) === undefined) continue;
      for (const [name, wanted] of [
        ['allowMethods', ['POST']],
        ['allowHeaders', HEADERS],
      ] as const) {
        const list = policy.at(name);
        const missing = missingIn(list, wanted);
        if (missing.length > 0)
          yield { at: list.exists ? list : policy, message: `${name} lacks ${missing.join(' and ')}.` };
      }
    }
  },
};
