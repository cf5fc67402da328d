import { Wait } from 'testcontainers';
import { stringify } from 'yaml';
import type { KeyPair } from '../certificates/authority.ts';
import type { Balancer } from '../clients/balancer.ts';
import { type RunningContainer, startContainer } from '../containers/container.ts';
import type { ContainerHost } from './environment.ts';

/** What a balancer needs beside its own setting. */
export interface BalancerParts {
  readonly mesh: string;
  readonly host: ContainerHost;
  /** What it shows where it ends TLS itself. */
  readonly certificate: KeyPair;
  /** The host that it asks the gateway for where it encrypts anew. */
  readonly serverName: string;
  /** Whether this machine reaches containers at their own addresses. */
  readonly reachable: boolean;
}

/** Where a balancer listens. */
const PORT = 443;

/** A balancer that takes connections: where from this machine, and where from containers on its network. */
export interface RunningBalancer {
  readonly fromHere: { readonly address: string; readonly port: number };
  readonly fromContainers: { readonly address: string; readonly port: number };
}

/**
 * Starts a load balancer of layer 4 in front of the gateway: Envoy as nothing but a TCP proxy, out of the image of the
 * data plane, so that it is there wherever Istio is.
 *
 * @throws SetupError when it does not get ready
 */
export async function startBalancer(balancer: Balancer, parts: BalancerParts): Promise<RunningBalancer> {
  const container: RunningContainer = await startContainer({
    mesh: parts.mesh,
    image: parts.host.images.envoy,
    network: parts.host.network,
    command: ['/usr/local/bin/envoy', '--concurrency', '1', '--config-path', '/balancer.yaml'],
    files: { '/balancer.yaml': stringify(balancerConfig(balancer, parts)) },
    ready: Wait.forLogMessage(/starting main dispatch loop/),
    ...(parts.reachable ? {} : { mappedPort: PORT }),
  });
  const fromContainers = { address: container.address, port: PORT };
  return { fromContainers, fromHere: parts.reachable ? fromContainers : container.mapped(PORT) };
}

/** Envoy's bootstrap. */
function balancerConfig(
  balancer: Balancer,
  { host, certificate, serverName }: Pick<BalancerParts, 'host' | 'certificate' | 'serverName'>,
): object {
  const { address, tlsPort, h2cPort } = host.gateway;
  const tls = (direction: 'Downstream' | 'Upstream', context: object) => ({
    transport_socket: {
      name: 'envoy.transport_sockets.tls',
      typed_config: {
        '@type': `type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.${direction}TlsContext`,
        ...context,
      },
    },
  });
  const socketAddress = (host: string, port: number) => ({
    socket_address: { address: host, port_value: port },
  });
  return {
    static_resources: {
      listeners: [
        {
          name: 'balancer',
          address: socketAddress('0.0.0.0', PORT),
          filter_chains: [
            {
              filters: [
                {
                  name: 'envoy.filters.network.tcp_proxy',
                  typed_config: {
                    '@type': 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
                    stat_prefix: 'balancer',
                    cluster: 'gateway',
                  },
                },
              ],
              ...(balancer.tls === 'passed through'
                ? {}
                : tls('Downstream', {
                    common_tls_context: {
                      alpn_protocols: balancer.alpn,
                      tls_certificates: [
                        {
                          certificate_chain: { inline_string: certificate.certificate },
                          private_key: { inline_string: certificate.key },
                        },
                      ],
                    },
                  })),
            },
          ],
        },
      ],
      clusters: [
        {
          name: 'gateway',
          type: 'STATIC',
          load_assignment: {
            cluster_name: 'gateway',
            endpoints: [
              {
                lb_endpoints: [
                  {
                    endpoint: {
                      address: socketAddress(address, balancer.tls === 'terminated' ? h2cPort : tlsPort),
                    },
                  },
                ],
              },
            ],
          },
          // As a balancer of layer 4 does it: without ALPN, and without verifying.
          ...(balancer.tls === 're-encrypted' ? tls('Upstream', { sni: serverName }) : {}),
        },
      ],
    },
  };
}
