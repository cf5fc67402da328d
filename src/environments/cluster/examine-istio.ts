import { z } from 'zod';
import { MeshView } from '../mesh-view.ts';
import { isOurs } from '../ours.ts';
import type { Placement } from '../placement.ts';
import { istioVersion } from '../running-versions.ts';
import { isOurFormat } from './access-log.ts';
import type { Connection } from './connect.ts';

export interface OtherGateway {
  /** `namespace/name` */
  readonly name: string;
  readonly hosts: readonly string[];
}

/** What a mesh says of itself. */
export interface IstioFacts {
  readonly istio: string;
  /** As `server_info` has it. */
  readonly envoy: string;
  /** The gateway's Envoy has none of the filters that only Istio's own build has. */
  readonly stock: boolean;
  readonly gatewayPods: number;
  /** The gateway's access log has all that the harness reads. */
  readonly readableLog: boolean;
  /** Gateways of others on the same pods. */
  readonly otherGateways: readonly OtherGateway[];
}

const serverInfo = z.object({ version: z.string() });
const configDump = z.object({ configs: z.array(z.looseObject({})) });
const bootstrap = z.object({
  bootstrap: z.object({ node: z.object({ extensions: z.array(z.object({ name: z.string() })) }) }),
});
const configz = z.array(
  z.object({
    kind: z.string(),
    apiVersion: z.string().default(''),
    metadata: z.object({
      name: z.string(),
      namespace: z.string().default(''),
      labels: z.record(z.string(), z.string()).optional(),
    }),
    spec: z
      .looseObject({
        selector: z.record(z.string(), z.string()).optional().catch(undefined),
        servers: z
          .array(z.looseObject({ hosts: z.array(z.string()).default([]) }))
          .optional()
          .catch(undefined),
      })
      .optional(),
  }),
);

/** Asks istiod and the gateway's newest pod. @throws SetupError when one of them does not answer */
export async function examineIstio({ cluster }: Connection, placement: Placement): Promise<IstioFacts> {
  await using view = await MeshView.open(cluster, placement);
  const [version, mesh, configs, info, dump] = await Promise.all([
    view.istiod('/version'),
    view.istiod('/debug/mesh'),
    view.istiod('/debug/configz'),
    view.gateway('/server_info'),
    view.gateway('/config_dump'),
  ]);
  return {
    istio: istioVersion(version),
    envoy: serverInfo.parse(JSON.parse(info)).version.split('/')[1] ?? '',
    stock: !extensionsIn(dump).some((name) => name.includes('istio')),
    gatewayPods: view.gatewayPods.length,
    readableLog: isOurFormat(mesh),
    otherGateways: gatewaysIn(configs, placement),
  };
}

function extensionsIn(dump: string): string[] {
  for (const config of configDump.parse(JSON.parse(dump)).configs) {
    const found = bootstrap.safeParse(config);
    if (found.success) return found.data.bootstrap.node.extensions.map(({ name }) => name);
  }
  return [];
}

function gatewaysIn(configs: string, { gatewayLabels }: Placement): OtherGateway[] {
  return configz
    .parse(JSON.parse(configs))
    .filter(({ kind, metadata }) => kind === 'Gateway' && !isOurs({ metadata }))
    .filter(({ spec }) => {
      const selector = Object.entries(spec?.selector ?? {});
      return selector.length > 0 && selector.every(([key, value]) => gatewayLabels[key] === value);
    })
    .map(({ metadata, spec }) => ({
      name: `${metadata.namespace}/${metadata.name}`,
      hosts: (spec?.servers ?? []).flatMap(({ hosts }) => hosts),
    }));
}
