import { stringify } from 'yaml';

const HCM = 'envoy.filters.network.http_connection_manager';

/**
 * An EnvoyFilter, as YAML text, that merges fields into every HTTP connection manager of the ingress gateway: for
 * what Istio's own API does not reach.
 *
 * @param fields of `envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`
 */
export const onConnectionManager = (name: string, fields: Readonly<Record<string, unknown>>): string =>
  stringify({
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'EnvoyFilter',
    metadata: { name, namespace: 'istio-system' },
    spec: {
      workloadSelector: { labels: { istio: 'ingressgateway' } },
      configPatches: [
        {
          applyTo: 'NETWORK_FILTER',
          match: { context: 'GATEWAY', listener: { filterChain: { filter: { name: HCM } } } },
          patch: {
            operation: 'MERGE',
            value: {
              typed_config: {
                '@type':
                  'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
                ...fields,
              },
            },
          },
        },
      ],
    },
  });
