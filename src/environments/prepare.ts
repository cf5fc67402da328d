import { join } from 'node:path';
import type { KubernetesObject } from '@kubernetes/client-node';
import { type HarnessError, UsageError } from '../errors.ts';
import type { Progress } from '../progress.ts';
import { ensureKindToolchain, ensureToolchain, type MeshToolchain } from '../toolchain/toolchain.ts';
import type { ClusterOptions } from './cluster/options.ts';
import type { EnvironmentKind } from './environment.ts';
import type { EnvironmentHandle, StartedEnvironment } from './handle.ts';
import { chooseDaemon } from './kind/docker.ts';
import { findMesh, startMesh } from './local/launch.ts';
import type { MeshSetup } from './local/protocol.ts';
import type { Placement } from './placement.ts';
import type { MeshRequest } from './request.ts';

/** What a command wants of the environment that it starts. */
export interface EnvironmentOptions {
  readonly kind: EnvironmentKind;
  readonly home: string;
  readonly name: string;
  readonly request: MeshRequest;
  /** Which cluster, for the kind `cluster`. */
  readonly cluster?: ClusterOptions;
  /** Only look, and leave everything as it is. */
  readonly dryRun?: boolean;
  /** Apply manifests/default and wait for a good RPC; a run of the suites applies its own manifests instead. */
  readonly withDefaultRoutes: boolean;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Called when the environment breaks after it was ready. */
  readonly onBroken: (error: HarnessError) => void;
}

/** An environment of which nothing is started yet, and all that can be looked at beforehand is in order. */
export interface PreparedEnvironment {
  /** Folder of kubectl and the clients. */
  readonly bin: string;
  /** Image of the sample services. */
  readonly servicesImage: string;
  readonly start: () => Promise<StartedEnvironment>;
  /** Where it is made in somebody's cluster: what would be applied before the first configuration. */
  readonly preview?: {
    readonly placement: Placement;
    readonly objects: () => Promise<KubernetesObject[]>;
  };
}

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
