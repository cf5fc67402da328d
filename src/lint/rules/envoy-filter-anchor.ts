import { OLD_FILTER_NAMES } from '../istio/api.ts';
import { anchorsOf, patchesOf } from '../istio/envoy-filter.ts';
import type { Problem, Rule } from '../rule.ts';

/** Filters that istiod itself puts into a chain, by its own Envoy names; the istio.* ones change with the release. */
const OF_ISTIO = new Set([
  'envoy.filters.network.http_connection_manager',
  'envoy.filters.network.tcp_proxy',
  'envoy.filters.network.mongo_proxy',
  'envoy.filters.network.mysql_proxy',
  'envoy.filters.network.redis_proxy',
  'envoy.filters.network.rbac',
  'envoy.filters.network.ext_authz',
  'envoy.filters.network.set_filter_state',
  'envoy.filters.network.sni_cluster',
  'envoy.filters.network.sni_dynamic_forward_proxy',
  'envoy.filters.network.metadata_exchange',
  'envoy.filters.http.router',
  'envoy.filters.http.cors',
  'envoy.filters.http.fault',
  'envoy.filters.http.grpc_stats',
  'envoy.filters.http.grpc_web',
  'envoy.filters.http.jwt_authn',
  'envoy.filters.http.rbac',
  'envoy.filters.http.ext_authz',
  'envoy.filters.http.ext_proc',
  'envoy.filters.http.set_filter_state',
  'envoy.filters.http.stateful_session',
  'envoy.filters.http.dynamic_forward_proxy',
  'envoy.filters.http.header_mutation',
  'envoy.filters.http.wasm',
]);

export const envoyFilterAnchor: Rule = {
  id: 'envoy-filter-anchor',
  title: 'An EnvoyFilter matches a filter that is not there',
  severity: 'warning',
  why: 'A patch whose match fits nothing is skipped without a word: no error, no status, and the filter that it should insert is missing.',
  fix: 'Match a filter that Istio puts into the chain, such as envoy.filters.http.router, or apply the EnvoyFilter that inserts it.',
  links: [
    'https://istio.io/latest/docs/reference/config/networking/envoy-filter/',
    'https://github.com/istio/istio.io/issues/10935',
  ],
  *check(configuration): Iterable<Problem> {
    const patches = patchesOf(configuration);
    const inserted = new Set(patches.map((patch) => patch.at('patch', 'value', 'name').text));
    for (const name of patches.flatMap(anchorsOf)) {
      const text = name.text ?? '';
      if (
        !text.startsWith('envoy.') ||
        OF_ISTIO.has(text) ||
        inserted.has(text) ||
        Object.hasOwn(OLD_FILTER_NAMES, text)
      )
        continue;
      yield {
        at: name,
        message: `Istio's chains have no filter ${text}, and no given EnvoyFilter inserts it.`,
      };
    }
  },
};
