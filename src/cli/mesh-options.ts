import type { EnvironmentKind } from '../environments/environment.ts';
import type { EnvironmentOptions } from '../environments/prepare.ts';
import type { Output } from './output.ts';

/** How an environment is chosen and made; the same for every command that starts one. */
export interface MeshOptions {
  readonly env?: EnvironmentKind;
  readonly images: 'auto' | 'released' | 'built';
  readonly istioVersion?: string;
  readonly envoyVersion?: string;
  /** Further `--set` arguments for istioctl. */
  readonly set?: readonly string[];
}

/** What the command line asks for, as an environment takes it. */
export function environmentOptions(
  { images, istioVersion, envoyVersion, set }: MeshOptions,
  what: Pick<EnvironmentOptions, 'kind' | 'home' | 'name' | 'withDefaultRoutes'>,
  { progress }: Output,
  controller: AbortController,
): EnvironmentOptions {
  return {
    ...what,
    images,
    ...(istioVersion === undefined ? {} : { istioVersion }),
    ...(envoyVersion === undefined ? {} : { envoyVersion }),
    istioSet: set ?? [],
    progress,
    signal: controller.signal,
    onBroken: (error) => controller.abort(error),
  };
}
