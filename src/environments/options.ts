import type { KubernetesObject } from '@kubernetes/client-node';
import type { HarnessError } from '../errors.ts';
import type { Progress } from '../progress.ts';
import type { ClusterOptions } from './cluster/options.ts';
import type { EnvironmentKind } from './environment.ts';
import type { StartedEnvironment } from './handle.ts';
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
