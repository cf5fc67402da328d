import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { ensureKindToolchain, ensureToolchain, type MeshToolchain } from '../toolchain/toolchain.ts';
import type { ClusterOptions } from './cluster/options.ts';
import type { EnvironmentHandle } from './handle.ts';
import { chooseDaemon } from './kind/docker.ts';
import { startMesh } from './local/launch.ts';
import { findMesh } from './local/running-mesh.ts';
import type { MeshSetup } from './local/protocol.ts';
import type { EnvironmentOptions, PreparedEnvironment } from './options.ts';

/** @throws HarnessError when the environment cannot run here, or istioctl refuses what is asked of it */
export async function prepareEnvironment(options: EnvironmentOptions): Promise<PreparedEnvironment> {
  const { kind } = options;
  if (kind === 'cluster') {
    // Loading the Kubernetes client takes most of a second, which local meshes do without here.
    const { prepareCluster } = await import('./cluster/prepare.ts');
    return prepareCluster({ ...options, cluster: clusterOf(options) });
  }
  const setup = await prepareMesh(kind, options);
  await tryRequest(setup.toolchain, options);
  return {
    bin: setup.toolchain.bin,
    servicesImage: setup.toolchain.images.services,
    start: () => startMesh({ ...options, setup }),
  };
}

/**
 * What a mesh of our own would be made of, without making one.
 *
 * @throws HarnessError when it cannot be had, or istioctl refuses what is asked of it
 */
export async function prepareToolchain(
  options: EnvironmentOptions & { readonly kind: MeshSetup['kind'] },
): Promise<MeshToolchain> {
  const { toolchain } = await prepareMesh(options.kind, options);
  await tryRequest(toolchain, options);
  return toolchain;
}

/** An environment that is up already, and goes on afterwards. @throws HarnessError when there is none */
export async function findEnvironment(options: EnvironmentOptions): Promise<EnvironmentHandle> {
  const { kind, home, name } = options;
  if (kind !== 'cluster') return findMesh(home, name);
  const { reuseCluster } = await import('./cluster/reuse.ts');
  return reuseCluster({ ...options, cluster: clusterOf(options) });
}

function clusterOf({ cluster }: EnvironmentOptions): ClusterOptions {
  if (cluster !== undefined) return cluster;
  throw new UsageError('--env cluster needs to be told which', { hint: 'Give --kubeconfig FILE.' });
}

async function prepareMesh(kind: MeshSetup['kind'], options: EnvironmentOptions): Promise<MeshSetup> {
  const { home, progress, signal, request } = options;
  const wanted = { home, progress, signal, ...request };
  if (kind === 'local') return { kind, toolchain: await ensureToolchain(wanted) };
  const daemon = await chooseDaemon();
  return { kind, toolchain: await ensureKindToolchain(wanted, daemon === 'own') };
}

/** What the user words freely is tried out before anything is started, which takes istioctl most of a second. */
async function tryRequest(toolchain: MeshToolchain, { request, signal }: EnvironmentOptions): Promise<void> {
  const { profile, set = [] } = request;
  if (profile === undefined && set.length === 0) return;
  // Loading the Kubernetes client takes as long again; other runs do without it here.
  const { gatewayManifests, istioSettings } = await import('./istio.ts');
  await gatewayManifests(istioSettings(toolchain, request), set, signal, join(toolchain.bin, 'istioctl'));
}
