import type { KindToolchain, Toolchain } from '../../toolchain/toolchain.ts';
import type { Environment } from '../environment.ts';
import type { MeshRequest } from '../request.ts';

interface CommonSettings {
  readonly home: string;
  readonly name: string;
  readonly cgroup: string;
  readonly request: MeshRequest;
  /** Apply manifests/default and wait for a good RPC; a run of the suites applies its own manifests instead. */
  readonly withDefaultRoutes: boolean;
}

export interface LocalSettings extends CommonSettings {
  readonly kind: 'local';
  readonly toolchain: Toolchain;
}

export interface KindSettings extends CommonSettings {
  readonly kind: 'kind';
  readonly toolchain: KindToolchain;
}

/** What the command hands to the supervisor, as a file, since it has to cross into new namespaces. */
export type SupervisorSettings = LocalSettings | KindSettings;

/** Which kind of environment, and what it is made of. */
export type MeshSetup = Pick<LocalSettings, 'kind' | 'toolchain'> | Pick<KindSettings, 'kind' | 'toolchain'>;

/** A kind cluster on a Docker daemon that is not ours lives without namespaces of its own. */
export const hasNamespaces = (setup: MeshSetup) =>
  setup.kind === 'local' || setup.toolchain.ownDocker !== undefined;

/** What the supervisor tells the command, over Node's IPC channel. */
export type SupervisorMessage =
  | { readonly type: 'begin'; readonly id: number; readonly title: string }
  | { readonly type: 'detail'; readonly id: number; readonly text: string }
  | { readonly type: 'end'; readonly id: number; readonly failed?: string }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'ready'; readonly environment: Environment }
  | { readonly type: 'detached' }
  | { readonly type: 'problem'; readonly name: string; readonly message: string; readonly hint: string };

/** What the command tells the supervisor. Without `detach`, the mesh ends when the channel closes. */
export interface CommandMessage {
  readonly type: 'detach';
}
