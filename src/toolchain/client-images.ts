import type { Artefact } from './artefact.ts';
import type { GoArtefacts } from './go.ts';
import { fileFrom, imageArtefact, type ImageArtefact } from './images.ts';
import { IMAGE_HUB } from './pins.ts';

/** Clients of other stacks that run as containers; each image has a command of this name at its root. */
export type ContainerClient = 'grpc-go' | 'grpcurl';

/**
 * The clients' images: a static binary, and beside it the pause command, which keeps a container there for as long as
 * calls are made from inside it.
 *
 * @param grpcurl has grpcurl in its folder
 */
export function clientImages(
  commands: GoArtefacts,
  grpcurl: Artefact,
): Readonly<Record<ContainerClient, ImageArtefact>> {
  const pause = commands.of('pause');
  const image = (name: ContainerClient, client: Artefact): ImageArtefact =>
    imageArtefact({
      name: `client-${name}`,
      ref: `${IMAGE_HUB}/client-${name}:${client.key}`,
      base: [],
      contents: [pause, client],
      config: { entrypoint: ['/pause'], user: '65534:65534' },
      entries: (context) => [
        fileFrom(context, pause, 'pause', 'pause'),
        fileFrom(context, client, name, name),
      ],
    });
  return { 'grpc-go': image('grpc-go', commands.of('grpc-go')), grpcurl: image('grpcurl', grpcurl) };
}
