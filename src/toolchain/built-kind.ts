import { clientFolder } from './bin-folder.ts';
import { builtParts, type BuiltOptions } from './built.ts';
import { controlPlaneImages } from './control-plane-images.ts';
import { dockerParts } from './docker-images.ts';
import { kindNodeImage } from './kind-node.ts';
import { kindRootLayer } from './kind-root.ts';
import { factIn, tarballsOf, type KindToolchain, type Plan } from './plan.ts';
import { BUILD_PACKAGES, DEBOOTSTRAP_PACKAGES } from './system.ts';

/**
 * A kind cluster out of package registries alone: its node image, Istio's images and the services'.
 *
 * @param options `ownDocker` for a Docker daemon of our own, too
 * @throws SetupError for a version of Istio that cannot be built
 */
export async function builtKindPlan(
  options: BuiltOptions & { readonly ownDocker: boolean },
): Promise<Plan<KindToolchain>> {
  const parts = await builtParts(options);
  const { commands, layers, pause, pilot, proxyv2, services } = parts;
  const root = kindRootLayer(commands.of('kind'));
  const controlPlane = controlPlaneImages(commands, layers, pause);
  const node = kindNodeImage(root, commands, controlPlane);
  const bin = clientFolder(
    [
      { module: 'kind', names: ['kind'] },
      { module: 'kubernetes', names: ['kubectl'] },
      { module: 'istio', names: ['istioctl'] },
      { module: 'grpcurl', names: ['grpcurl'] },
    ].map(({ module, names }) => ({ artefact: commands.of(module), names })),
  );
  const docker = dockerParts({ node, proxyv2, grpcurl: commands.of('grpcurl') }, commands, options.ownDocker);
  const images = [pilot, proxyv2, services];
  return {
    source: 'built',
    wanted: [bin, ...docker.artefacts, ...images.map(({ artefact }) => artefact)],
    lasting: [bin, ...docker.artefacts],
    images: [...new Set([...docker.images, ...images, ...controlPlane])],
    packages: { toRun: [], toBuild: [...BUILD_PACKAGES, ...DEBOOTSTRAP_PACKAGES] },
    describe: (prepared) => ({
      ...parts.describe(prepared, factIn(prepared, root, 'runc')),
      bin: prepared.folderOf(bin),
      imageTarballs: tarballsOf(images, prepared),
      ...docker.describe(prepared),
    }),
  };
}
