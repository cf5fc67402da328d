import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../../errors.ts';
import { PROJECT_ROOT } from '../../paths.ts';

const FILE = join(PROJECT_ROOT, 'kind-config.yaml');

/** The parts of a kind configuration that are looked at; the others are passed on. */
const clusterConfig = z.looseObject({
  networking: z.looseObject({}).default({}),
  nodes: z.array(z.looseObject({ extraPortMappings: z.array(z.unknown()).optional() })).min(1),
  kubeadmConfigPatches: z.array(z.string()).default([]),
});

/** What a cluster needs beside the project's own kind-config.yaml. */
export interface ClusterNeeds {
  readonly cluster: string;
  readonly nodeImage: string;
  /** The gateway is called at ports of this machine, since the node's address cannot be reached. */
  readonly mappedPorts: boolean;
  /** The node's image was built here: it has a CNI configuration of its own, and the cgroupfs driver. */
  readonly builtNode: boolean;
  readonly cgroupVersion: 'v1' | 'v2';
}

/**
 * Writes the configuration for `kind create cluster`.
 *
 * @throws UsageError when kind-config.yaml is none
 */
export async function writeClusterConfig(needs: ClusterNeeds, file: string): Promise<void> {
  const parsed = clusterConfig.safeParse(parse(await readFile(FILE, 'utf8')));
  if (!parsed.success) {
    throw new UsageError(`kind-config.yaml is not a configuration of kind: ${z.prettifyError(parsed.error)}`);
  }
  const { data } = parsed;
  const kubelet = {
    kind: 'KubeletConfiguration',
    ...(needs.builtNode ? { cgroupDriver: 'cgroupfs' } : {}),
    // Since 1.35 a kubelet does not start on cgroup v1 unless told to.
    ...(needs.cgroupVersion === 'v1' ? { failCgroupV1: false } : {}),
  };
  const config = {
    ...data,
    name: needs.cluster,
    networking: { ...data.networking, ...(needs.builtNode ? { disableDefaultCNI: true } : {}) },
    nodes: data.nodes.map(({ extraPortMappings = [], ...node }) => ({
      ...node,
      image: needs.nodeImage,
      ...(needs.mappedPorts ? { extraPortMappings } : {}),
    })),
    kubeadmConfigPatches: [...data.kubeadmConfigPatches, stringify(kubelet)],
  };
  await writeFile(file, stringify(config));
}
