import type { KubernetesObject } from '@kubernetes/client-node';
import { z } from 'zod';
import { accessLogFormat } from '../../evidence/access-log-format.ts';
import type { Placement } from '../placement.ts';

const meshConfig = z.object({
  accessLogFile: z.string().default(''),
  accessLogEncoding: z.string().default('TEXT'),
  accessLogFormat: z.string().default(''),
});

/**
 * Whether the mesh's own access log has all that the harness reads.
 *
 * @param mesh istiod's answer to `/debug/mesh`
 */
export function isOurFormat(mesh: string): boolean {
  const found = meshConfig.parse(JSON.parse(mesh));
  if (found.accessLogFile !== '/dev/stdout' || found.accessLogEncoding !== 'JSON') return false;
  let format: Readonly<Record<string, unknown>>;
  try {
    format = JSON.parse(found.accessLogFormat) as Readonly<Record<string, unknown>>;
  } catch {
    return false;
  }
  return Object.entries(operators()).every(([key, operator]) => format[key] === operator);
}

const operators = () => JSON.parse(accessLogFormat()) as Readonly<Record<string, string>>;

/** A second access log at the gateway's HTTP listeners, beside what it has. */
export const accessLogFilter = ({ gateway, gatewayLabels }: Placement): KubernetesObject => {
  const filter = {
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'EnvoyFilter',
    metadata: { name: 'meshproof-access-log', namespace: gateway },
    spec: {
      workloadSelector: { labels: gatewayLabels },
      configPatches: [
        {
          applyTo: 'NETWORK_FILTER',
          match: {
            context: 'GATEWAY',
            listener: { filterChain: { filter: { name: 'envoy.filters.network.http_connection_manager' } } },
          },
          patch: {
            operation: 'MERGE',
            value: {
              typed_config: {
                '@type':
                  'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
                // A merge adds to a list.
                access_log: [
                  {
                    name: 'envoy.access_loggers.file',
                    typed_config: {
                      '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
                      path: '/dev/stdout',
                      log_format: { json_format: operators() },
                    },
                  },
                ],
              },
            },
          },
        },
      ],
    },
  };
  return filter;
};
