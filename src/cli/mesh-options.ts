import { type Command, Option } from 'commander';
import type { EnvironmentKind } from '../environments/environment.ts';
import type { EnvironmentOptions } from '../environments/options.ts';
import { type MeshRequest, meshRequestOf } from '../environments/request.ts';
import type { ClusterOptions } from '../environments/cluster/options.ts';
import { UsageError } from '../errors.ts';
import { type ClusterUseFlags, clusterOptionsOf } from './cluster-options.ts';
import type { Output } from './output.ts';

/** How an environment is chosen and made; the same for every command that starts one. */
export interface MeshOptions extends MeshRequest, ClusterUseFlags {
  readonly env?: EnvironmentKind;
  /** Use one that is up already. */
  readonly reuse?: boolean;
}

/** Adds what may be asked of a mesh that is to be made: the same for every command that makes one. */
export function addMeshOptions(command: Command): void {
  command
    .optionsGroup('What the mesh is made of:')
    .addOption(
      new Option(
        '--images <source>',
        'released: pulled; built: made from package registries; auto: released if reachable',
      )
        .choices(['auto', 'released', 'built'] as const)
        .default('auto' as const),
    )
    .option('--istio-version <version>', "Istio's version; the toolchain's own by default")
    .option('--envoy-version <version>', "version of the stock Envoy; the toolchain's own by default")
    .option('--profile <profile>', "Istio's installation profile, such as demo; the default one by default")
    .option('--hub <hub>', "registry and path of Istio's images, such as docker.io/istio")
    .option('--tag <tag>', "tag of Istio's images, such as 1.31.1-distroless")
    .option('--set <assignment...>', 'passed on to istioctl install, such as meshConfig.enableTracing=true');
}

/** What the command line asks for, as an environment takes it. @throws UsageError when it contradicts itself */
export function environmentOptions(
  options: MeshOptions,
  what: Pick<EnvironmentOptions, 'kind' | 'home' | 'name' | 'withDefaultRoutes'>,
  { progress }: Output,
  controller: AbortController,
): EnvironmentOptions {
  const cluster = clusterOptionsOf(what.kind, options);
  const request = meshRequestOf(options);
  if (cluster !== undefined) refuseWithoutInstalling(request, cluster);
  return {
    ...what,
    ...(cluster === undefined ? {} : { cluster }),
    request,
    progress,
    signal: controller.signal,
    onBroken: (error) => controller.abort(error),
  };
}

/** Istio as it is found is not ours to change. */
function refuseWithoutInstalling(request: MeshRequest, { installIstio }: ClusterOptions): void {
  if (installIstio) return;
  const given = (['envoyVersion', 'profile', 'hub', 'tag', 'set'] as const).find(
    (field) => request[field] !== undefined,
  );
  if (given === undefined) return;
  const flag = given === 'envoyVersion' ? 'envoy-version' : given;
  throw new UsageError(
    `--${flag} asks something of an Istio that is installed, and with --env cluster none is`,
    {
      hint: 'Leave it out, or give --install-istio for a cluster without Istio.',
    },
  );
}
