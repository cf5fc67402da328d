import { OLD_FILTER_NAMES } from '../istio/api.ts';
import { anchorsOf, patchesOf } from '../istio/envoy-filter.ts';
import type { Problem, Rule } from '../rule.ts';

export const envoyFilterName: Rule = {
  id: 'envoy-filter-name',
  title: "An EnvoyFilter matches a filter's old name",
  severity: 'error',
  why: 'Istio compares names as they stand, and its proxies have only the new ones: a match on an old name fits nothing and is skipped without a word. For gRPC-Web that means raw HTTP/1.1 at the backend and 2 UNKNOWN in the browser.',
  fix: 'Use the name that begins with envoy.filters.',
  links: [
    'https://www.envoyproxy.io/docs/envoy/latest/version_history/v1.14/v1.14.0#deprecated',
    'https://github.com/istio/istio/issues/24743',
  ],
  *check(configuration): Iterable<Problem> {
    for (const patch of patchesOf(configuration)) {
      for (const name of anchorsOf(patch)) {
        const current = Object.hasOwn(OLD_FILTER_NAMES, name.text ?? '')
          ? OLD_FILTER_NAMES[name.text ?? '']
          : undefined;
        if (current !== undefined)
          yield { at: name, message: `${String(name.text)} is called ${current}.`, fix: `Write ${current}.` };
      }
    }
  },
};
