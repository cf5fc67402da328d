import { execa } from 'execa';
import { MESH_LABEL } from '../../containers/label.ts';
import { TIMEOUTS } from '../../timeouts.ts';
import { done, notYet, waitFor } from '../../waiting.ts';

/** The label that kind gives to the containers of a cluster. */
const CLUSTER_LABEL = 'io.x-k8s.kind.cluster';
const PREFIX = 'meshproof-';

/** One Docker command's output, line by line; nothing when it fails. */
async function docker(...args: readonly string[]): Promise<string[]> {
  const { stdout, failed } = await execa('docker', args, { reject: false });
  return failed ? [] : [...new Set(stdout.split('\n').filter(Boolean))];
}

const containersWith = (label: string) => docker('ps', '--all', '--quiet', '--filter', `label=${label}`);

/** Removes containers with their volumes. One that is being removed already is as good as gone. */
async function removeAll(containers: readonly string[]): Promise<void> {
  if (containers.length > 0) await docker('rm', '--force', '--volumes', ...containers);
}

/** Removes what runs beside a mesh's cluster: the clients and balancers of its last run. */
export async function removeContainersBeside(mesh: string): Promise<void> {
  await removeAll(await containersWith(`${MESH_LABEL}=${mesh}`));
}

/**
 * Removes a cluster from the Docker daemon that the environment names: containers, volumes, network. What a command
 * had asked for just before it was killed may still come, so it is looked for until the network is gone.
 *
 * @throws WaitTimeoutError when something stays
 */
export async function removeCluster(cluster: string): Promise<void> {
  const mesh = cluster.slice(PREFIX.length);
  await waitFor(
    { subject: `the cluster ${cluster} to be gone`, deadlineMs: TIMEOUTS.teardown, intervalMs: 200 },
    async () => {
      await removeContainersBeside(mesh);
      await removeAll(await containersWith(`${CLUSTER_LABEL}=${cluster}`));
      await docker('network', 'rm', cluster);
      const left = [
        ...(await containersWith(`${CLUSTER_LABEL}=${cluster}`)),
        ...(await docker('network', 'ls', '--quiet', '--filter', `name=^${cluster}$`)),
      ];
      return left.length === 0 ? done(undefined) : notYet(`${left.length} left, such as ${left[0] ?? ''}`);
    },
  );
}

/**
 * Removes every cluster of ours, known by its containers, those beside it, or its network.
 *
 * @returns their names; none where no Docker daemon answers
 */
export async function sweepClusters(): Promise<string[]> {
  const [nodes, beside, networks] = await Promise.all([
    docker('ps', '--all', '--filter', `label=${CLUSTER_LABEL}`, '--format', `{{.Label "${CLUSTER_LABEL}"}}`),
    docker('ps', '--all', '--filter', `label=${MESH_LABEL}`, '--format', `{{.Label "${MESH_LABEL}"}}`),
    docker('network', 'ls', '--filter', `name=^${PREFIX}`, '--format', '{{.Name}}'),
  ]);
  const found = [...nodes, ...beside.map((mesh) => `${PREFIX}${mesh}`), ...networks];
  const clusters = [...new Set(found)].filter((name) => name.startsWith(PREFIX));
  for (const cluster of clusters) await removeCluster(cluster);
  return clusters;
}
