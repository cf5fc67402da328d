import type { Artefact } from './artefact.ts';
import type { Prepared } from './cache.ts';
import { clientImages } from './client-images.ts';
import { dockerArtefact } from './docker.ts';
import { dockerDataOf, dockerStore } from './docker-store.ts';
import type { GoArtefacts } from './go.ts';
import type { ImageArtefact } from './images.ts';
import { tarballsOf, type KindToolchain } from './plan.ts';

/** What a kind cluster needs that is for Docker itself and not for the cluster's node. */
export interface DockerParts {
  readonly images: readonly ImageArtefact[];
  readonly artefacts: readonly Artefact[];
  describe(
    prepared: Prepared,
  ): Pick<KindToolchain, 'nodeImage' | 'dockerImages' | 'containerImages' | 'ownDocker'>;
}

/**
 * @param parts what containers are made of: the node, a proxy that has Envoy, and grpcurl's binary
 * @param ownDocker with a Docker daemon of our own
 */
export function dockerParts(
  parts: { readonly node: ImageArtefact; readonly proxyv2: ImageArtefact; readonly grpcurl: Artefact },
  commands: GoArtefacts,
  ownDocker: boolean,
): DockerParts {
  const clients = clientImages(commands, parts.grpcurl);
  const images = [parts.node, parts.proxyv2, ...Object.values(clients)];
  const own = ownDocker ? ownDaemon(images) : undefined;
  return {
    images,
    artefacts: [...images.map(({ artefact }) => artefact), ...(own ? [own.docker, own.store] : [])],
    describe: (prepared) => ({
      nodeImage: parts.node.ref,
      dockerImages: tarballsOf(images, prepared),
      containerImages: {
        'grpc-go': clients['grpc-go'].ref,
        grpcurl: clients.grpcurl.ref,
        envoy: parts.proxyv2.ref,
      },
      ...(own && {
        ownDocker: {
          root: prepared.folderOf(own.docker),
          data: dockerDataOf(prepared.folderOf(own.store)),
        },
      }),
    }),
  };
}

function ownDaemon(images: readonly ImageArtefact[]): { docker: Artefact; store: Artefact } {
  const docker = dockerArtefact();
  return { docker, store: dockerStore(docker, images) };
}
