import { execa } from 'execa';

/** The label that kind gives to the containers of a cluster. */
const LABEL = 'io.x-k8s.kind.cluster';
const PREFIX = 'meshproof-';

/** Removes a cluster from the Docker daemon that the environment names: containers, volumes, network. */
export async function removeCluster(cluster: string): Promise<void> {
  const { stdout } = await execa('docker', [
    'ps',
    '--all',
    '--quiet',
    '--filter',
    `label=${LABEL}=${cluster}`,
  ]);
  const containers = stdout.split('\n').filter(Boolean);
  if (containers.length > 0) await execa('docker', ['rm', '--force', '--volumes', ...containers]);
  // Never made, or gone already: either way there is none.
  await execa('docker', ['network', 'rm', cluster], { reject: false });
}

/**
 * Removes every cluster of ours that no mesh's folder tells of any more.
 *
 * @returns their names; none where no Docker daemon answers
 */
export async function sweepClusters(): Promise<string[]> {
  const listed = await execa(
    'docker',
    ['ps', '--all', '--filter', `label=${LABEL}`, '--format', `{{.Label "${LABEL}"}}`],
    { reject: false },
  );
  if (listed.failed) return [];
  const clusters = [...new Set(listed.stdout.split('\n'))].filter((name) => name.startsWith(PREFIX));
  for (const cluster of clusters) await removeCluster(cluster);
  return clusters;
}
