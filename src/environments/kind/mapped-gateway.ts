import { execa } from 'execa';
import type { Cluster } from '../../kubernetes/cluster.ts';
import type { GatewayAddress } from '../environment.ts';
import { AS_WRITTEN } from '../placement.ts';

/** The node's ports that kind-config.yaml maps, by the gateway's own. */
const NODE_PORTS = new Map([
  [80, 30080],
  [443, 30443],
]);

/**
 * Where the gateway is called when the node's address cannot be reached: its Service gets the node ports that are
 * mapped to this machine.
 */
export async function mappedGateway(cluster: Cluster, node: string): Promise<GatewayAddress> {
  const service = { name: 'istio-ingressgateway', namespace: AS_WRITTEN.gateway };
  const { spec } = await cluster.core.readNamespacedService(service);
  await cluster.core.patchNamespacedService({
    ...service,
    body: (spec?.ports ?? []).flatMap(({ port }, index) => {
      const nodePort = NODE_PORTS.get(port);
      if (nodePort === undefined) return [];
      return [{ op: 'replace', path: `/spec/ports/${index}/nodePort`, value: nodePort }];
    }),
  });
  const mapped = async (port: number) => {
    const { stdout } = await execa('docker', ['port', node, `${NODE_PORTS.get(port) ?? 0}/tcp`]);
    return Number(stdout.split('\n')[0]?.split(':').at(-1));
  };
  return { address: '127.0.0.1', tlsPort: await mapped(443), h2cPort: await mapped(80) };
}
