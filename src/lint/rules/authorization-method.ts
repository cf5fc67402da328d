import { isServicePath } from '../istio/grpc-signs.ts';
import type { Problem, Rule } from '../rule.ts';

export const authorizationMethod: Rule = {
  id: 'authorization-method',
  title: 'An AuthorizationPolicy names RPCs as HTTP does not',
  severity: 'error',
  why: 'To Istio every RPC is a POST to /package.Service/Method: methods is the HTTP method, and the name of the RPC belongs into paths, with its slash. Otherwise the rule matches no request: an ALLOW policy then denies every RPC (7 PERMISSION_DENIED "RBAC: access denied"), and a DENY policy lets it through.',
  fix: 'Write methods: ["POST"] and paths: ["/package.Service/Method"].',
  links: [
    'https://istio.io/latest/docs/reference/config/security/authorization-policy/#Operation',
    'https://github.com/istio/istio/issues/20479',
  ],
  *check(configuration): Iterable<Problem> {
    const operations = configuration
      .ofKind('security.istio.io', 'AuthorizationPolicy')
      .flatMap((policy) => policy.at('spec', 'rules').items)
      .flatMap((rule) => rule.at('to').items)
      .map((to) => to.at('operation'));
    for (const operation of operations) {
      const methods = operation.at('methods');
      for (const method of methods.items) {
        if (/[./]/.test(method.text ?? ''))
          yield { at: method, message: `${String(method.text)} is no HTTP method.` };
      }
      const paths = operation.at('paths').items;
      for (const path of paths) {
        if (path.text === undefined || path.text.startsWith('/') || !isServicePath(`/${path.text}`)) continue;
        yield { at: path, message: `${path.text} lacks the slash that every path begins with.` };
      }
      const service = paths.find(({ text }) => isServicePath(text?.replace(/\/\*?$/, '')));
      const named = methods.texts;
      if (
        !service ||
        named.length === 0 ||
        named.includes('POST') ||
        named.some((method) => /[.*/]/.test(method))
      )
        continue;
      yield {
        at: methods,
        message: `RPCs of ${String(service.text)} are POST, which is not among the methods.`,
      };
    }
  },
};
