import type { V1Service } from '@kubernetes/client-node';
import { SetupError } from '../../errors.ts';
import type { Capability, GatewayAddress } from '../environment.ts';
import { type Placement, selectorOf } from '../placement.ts';
import type { Connection } from './connect.ts';
import type { ClusterOptions } from './options.ts';

/** Where the gateway answers, and what can be done by reaching it there. */
export interface FoundAddress {
  readonly gateway: GatewayAddress;
  readonly capabilities: readonly Capability[];
  readonly how: string;
}

const TLS = 443;
const H2C = 80;

/**
 * Where clients reach the gateway's ports 443 and 80.
 *
 * @throws SetupError when there is no such address
 */
export async function findAddress(
  connection: Connection,
  placement: Placement,
  wanted: ClusterOptions['gateway'],
): Promise<FoundAddress> {
  if (typeof wanted === 'object') {
    // What is in between is not known: a proxy ends connections in its own way.
    return { gateway: wanted, capabilities: [], how: 'the address that was given' };
  }
  const service = await serviceOf(connection, placement);
  const name = `Service ${placement.gateway}/${service.metadata?.name ?? ''}`;
  if (wanted === 'node-port') {
    return {
      gateway: { address: await nodeAddress(connection, placement), ...nodePorts(service, name) },
      capabilities: ['node-port', 'direct-connection'],
      how: `the node ports of ${name}`,
    };
  }
  const [ingress] = service.status?.loadBalancer?.ingress ?? [];
  const address = ingress?.ip ?? ingress?.hostname;
  if (address === undefined) {
    const why =
      service.spec?.type === 'LoadBalancer' ? 'has not been given one' : `is a ${service.spec?.type ?? ''}`;
    throw new SetupError(`the gateway has no address of a load balancer: ${name} ${why}`, {
      hint: 'Give --gateway node-port, or the address by --gateway-address HOST:TLS_PORT:H2C_PORT.',
    });
  }
  return {
    gateway: { address, tlsPort: TLS, h2cPort: H2C },
    capabilities: ['load-balancer-address', 'direct-connection'],
    how: `the address of ${name}`,
  };
}

/** The Service in front of the gateway's pods that has both ports. */
async function serviceOf(
  { cluster }: Connection,
  { gateway: namespace, gatewayLabels }: Placement,
): Promise<V1Service> {
  const labelSelector = selectorOf(gatewayLabels);
  const [services, pods] = await Promise.all([
    cluster.core.listNamespacedService({ namespace }),
    cluster.core.listNamespacedPod({ namespace, labelSelector }),
  ]);
  const labels = pods.items[0]?.metadata?.labels ?? {};
  const found = services.items.find(({ spec }) => {
    const selector = Object.entries(spec?.selector ?? {});
    const ports = (spec?.ports ?? []).map(({ port }) => port);
    return (
      selector.length > 0 &&
      selector.every(([key, value]) => labels[key] === value) &&
      [TLS, H2C].every((port) => ports.includes(port))
    );
  });
  if (!found) {
    throw new SetupError(
      `no Service in ${namespace} leads to the gateway with both of the ports ${TLS} and ${H2C}`,
      {
        hint: 'A Gateway of ours listens on these two; its pods must be reachable by them.',
      },
    );
  }
  return found;
}

function nodePorts(service: V1Service, name: string): Pick<GatewayAddress, 'tlsPort' | 'h2cPort'> {
  const nodePort = (port: number) => {
    const found = service.spec?.ports?.find((each) => each.port === port)?.nodePort;
    if (found === undefined) throw new SetupError(`${name} has no node port for its port ${port}`);
    return found;
  };
  return { tlsPort: nodePort(TLS), h2cPort: nodePort(H2C) };
}

/** An address of a node that a pod of the gateway runs on: others need not serve the port. */
async function nodeAddress(
  { cluster }: Connection,
  { gateway: namespace, gatewayLabels }: Placement,
): Promise<string> {
  const pods = await cluster.core.listNamespacedPod({ namespace, labelSelector: selectorOf(gatewayLabels) });
  const name = pods.items[0]?.spec?.nodeName ?? '';
  const { status } = await cluster.core.readNode({ name });
  const address = (type: string) => status?.addresses?.find((each) => each.type === type)?.address;
  const found = address('ExternalIP') ?? address('InternalIP');
  if (found === undefined) throw new SetupError(`node ${name}, where the gateway runs, has no address`);
  return found;
}
