import { join } from 'node:path';
import type { Artefact } from './artefact.ts';
import type { Prepared } from './cache.ts';
import type { ContainerClient } from './client-images.ts';
import type { ImageArtefact } from './images.ts';
import type { SystemPackage } from './system.ts';

/** What every environment takes from the toolchain: commands and images, all of them on disk and checked. */
export interface MeshToolchain {
  /** One folder with every command that the environment runs, the clients among them. */
  readonly bin: string;
  readonly imageTarballs: readonly ImageTarball[];
  readonly source: 'built' | 'released';
  /** Why it is this source, as a report says it. */
  readonly why: string;
  readonly images: {
    readonly hub: string;
    readonly tag: string;
    readonly services: string;
    readonly pause: string;
  };
  readonly versions: ToolchainVersions;
  /** True where the data plane is Envoy as its own project builds it, without Istio's filters. */
  readonly stockEnvoy: boolean;
}

/** What a local mesh is made of. */
export interface Toolchain extends MeshToolchain {
  /** The CNI plugins. */
  readonly cniBin: string;
  /** A containerd root that has every image imported and unpacked; clone it by `cloneContainerdRoot`. */
  readonly containerdRoot: string;
}

/** What a kind cluster is made of. */
export interface KindToolchain extends MeshToolchain {
  /** The image of its node. */
  readonly nodeImage: string;
  /** The images that Docker itself needs, the node's first. */
  readonly dockerImages: readonly ImageTarball[];
  /** Those of containers beside the cluster: clients of other stacks, and one that has Envoy. */
  readonly containerImages: Readonly<Record<ContainerClient | 'envoy', string>>;
  /** A Docker daemon of our own, where one was asked for. */
  readonly ownDocker?: {
    /** Root of a tree with its programs. */
    readonly root: string;
    /** A data folder that has `dockerImages`; clone it by `cloneDockerData`. */
    readonly data: string;
  };
}

export interface ImageTarball {
  readonly ref: string;
  readonly file: string;
  /** Of its manifest, as `sha256:...`. */
  readonly digest: string;
}

interface ToolchainVersions {
  readonly istio: string;
  readonly envoy: string;
  /** Envoy's own build id: commit, version, state of the tree, build type, TLS library. */
  readonly envoyBuild: string;
  readonly kubernetes: string;
  readonly etcd: string;
  readonly containerd: string;
  readonly coredns: string;
  readonly runc: string;
  /** The Go that built the binaries; empty where they were not built here. */
  readonly go: string;
  readonly grpcurl: string;
}

/** One way to a toolchain: what must be in the cache, and what it is then. */
export interface Plan<Result extends MeshToolchain = Toolchain> {
  readonly source: MeshToolchain['source'];
  readonly wanted: readonly Artefact[];
  /** What is left of that when the sample services are left out, which change often and are quickly made. */
  readonly lasting: readonly Artefact[];
  /** Every image that it makes or fetches. */
  readonly images: readonly ImageArtefact[];
  /** What it needs of the system. */
  readonly packages: { readonly toRun: readonly SystemPackage[]; readonly toBuild: readonly SystemPackage[] };
  describe(prepared: Prepared): Omit<Result, 'why'>;
}

/** One fact of an artefact; empty where its build found out nothing of the kind. */
export function factIn(prepared: Prepared, artefact: Artefact, name: string): string {
  return prepared.factsOf(artefact)[name] ?? '';
}

/** Where the images' archives are. */
export function tarballsOf(images: readonly ImageArtefact[], prepared: Prepared): ImageTarball[] {
  return images.map(({ ref, artefact }) => ({
    ref,
    file: join(prepared.folderOf(artefact), 'image.tar'),
    digest: factIn(prepared, artefact, 'digest'),
  }));
}
