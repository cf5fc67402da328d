import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import type { Artefact } from './artefact.ts';
import { CNI, binFolder } from './bin-folder.ts';
import type { Prepared } from './cache.ts';
import { run } from './commands.ts';
import { STORE_ROOT, storeArtefacts } from './containerd-store.ts';
import type { ImageArtefact } from './images.ts';
import type { Facts } from './manifest.ts';
import { RELEASED } from './pins.ts';
import { factIn, tarballsOf, type MeshToolchain, type Plan } from './plan.ts';
import { pulledArtefact } from './pulled.ts';
import { imageUnder, nameOf, type RegistryClient, type ReleasedImage } from './registry.ts';
import { servicesBaseImage, servicesImage, type ServicesBundle } from './services-image.ts';
import { RUNTIME_PACKAGES } from './system.ts';
import { envoyVersion } from './wheel.ts';

/** What kind's node image has of a node, and where. */
const NODE_FILES = {
  kubelet: '/usr/bin/kubelet',
  kubectl: '/usr/bin/kubectl',
  containerd: '/usr/local/bin/containerd',
  'containerd-shim-runc-v2': '/usr/local/bin/containerd-shim-runc-v2',
  ctr: '/usr/local/bin/ctr',
  runc: '/usr/local/sbin/runc',
} as const;

const CNI_PLUGINS = ['host-local', 'loopback', 'portmap', 'ptp'];

const CONTROL_PLANE = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'];

export interface ReleasedOptions {
  readonly envoyVersion?: string;
  readonly istioVersion?: string;
  readonly hub?: string;
  readonly tag?: string;
  readonly services: ServicesBundle;
}

/** What every environment's released toolchain has. */
export interface ReleasedParts {
  readonly istioctl: Artefact;
  readonly grpcurl: Artefact;
  readonly pilot: ImageArtefact;
  readonly proxyv2: ImageArtefact;
  readonly pause: ImageArtefact;
  readonly services: ImageArtefact;
  readonly servicesBase: ImageArtefact;
  /** @param node what was found out about the node's containerd and runc */
  describe(
    prepared: Prepared,
    node: { readonly containerd: string; readonly runc: string },
  ): Pick<MeshToolchain, 'source' | 'images' | 'versions' | 'stockEnvoy'>;
}

/** @throws UsageError for a version of Envoy, which Istio's release decides */
export function releasedParts(registry: RegistryClient, options: ReleasedOptions): ReleasedParts {
  if (options.envoyVersion !== undefined)
    throw new UsageError(
      `--envoy-version cannot go with released images: their proxy has Istio's own Envoy`,
      {
        hint: 'Leave it out, or use --images built.',
      },
    );
  const version = options.istioVersion ?? RELEASED.istio.tag;
  const releases = `${RELEASED.istio.host}/${RELEASED.istio.repository}`;
  const tag = options.tag ?? version;
  const fromIstio = (name: string): ReleasedImage => imageUnder(options.hub ?? releases, name, tag);
  // The installer is Istio's own, whoever built what it installs.
  const installer = imageUnder(releases, 'istioctl', version);
  const istioctl = pulledArtefact('released-istioctl', installer, registry, {
    files: { istioctl: '/usr/local/bin/istioctl' },
    describe: (folder, signal) =>
      versionFact(join(folder, 'istioctl'), ['version', '--remote=false', '--short'], /(\d\S*)/, signal),
  });
  const pilot = {
    ref: nameOf(fromIstio('pilot')),
    artefact: pulledArtefact('released-pilot', fromIstio('pilot'), registry, { archive: true }),
  };
  const proxyv2 = {
    ref: nameOf(fromIstio('proxyv2')),
    artefact: pulledArtefact('released-proxyv2', fromIstio('proxyv2'), registry, {
      archive: true,
      files: { envoy: '/usr/local/bin/envoy' },
      passing: ['envoy'],
      describe: (folder, signal) => envoyFacts(join(folder, 'envoy'), signal),
    }),
  };
  const pause = {
    ref: nameOf(RELEASED.pause),
    artefact: pulledArtefact('released-pause', RELEASED.pause, registry, { archive: true }),
  };
  const base = [pulledArtefact('released-node-js', RELEASED.nodeJs, registry, { layers: true })];
  const services = servicesImage(options.services, base);
  return {
    istioctl,
    grpcurl: single(registry, 'grpcurl', RELEASED.grpcurl, '/bin/grpcurl'),
    pilot,
    proxyv2,
    pause,
    services,
    servicesBase: servicesBaseImage(base),
    describe: (prepared, { containerd, runc }) => {
      return {
        source: 'released',
        images: {
          hub: pilot.ref.slice(0, pilot.ref.lastIndexOf('/')),
          tag,
          services: services.ref,
          pause: pause.ref,
        },
        versions: {
          istio: factIn(prepared, istioctl, 'version'),
          envoy: factIn(prepared, proxyv2.artefact, 'envoy'),
          envoyBuild: factIn(prepared, proxyv2.artefact, 'build'),
          kubernetes: RELEASED.node.tag,
          etcd: `v${RELEASED.etcd.tag.split('-')[0] ?? ''}`,
          containerd,
          coredns: RELEASED.coredns.tag,
          runc,
          go: '',
          grpcurl: RELEASED.grpcurl.tag,
        },
        stockEnvoy: factIn(prepared, proxyv2.artefact, 'stock') === 'yes',
      };
    },
  };
}

/** One binary of an image. */
function single(registry: RegistryClient, name: string, image: ReleasedImage, path: string): Artefact {
  return pulledArtefact(`released-${name}`, image, registry, { files: { [name]: path } });
}

/**
 * A toolchain out of the images that Kubernetes, kind and Istio release: what runs as a plain process is taken
 * out of them, what runs in pods is kept as it is.
 *
 * @throws UsageError for a version of Envoy, which Istio's release decides
 */
export function releasedPlan(registry: RegistryClient, options: ReleasedOptions): Plan {
  const parts = releasedParts(registry, options);
  const { pause, pilot, proxyv2, services } = parts;
  const plugins = Object.fromEntries(CNI_PLUGINS.map((name) => [name, `/opt/cni/bin/${name}`]));
  const node = pulledArtefact('released-node', RELEASED.node, registry, {
    files: { ...NODE_FILES, ...plugins },
    describe: (folder, signal) => versionFact(join(folder, 'containerd'), ['--version'], / (v\S+)/, signal),
  });
  const command = (name: string, image: ReleasedImage, path: string) => ({
    artefact: single(registry, name, image, path),
    names: [name],
  });
  const bin = binFolder([
    { artefact: node, names: Object.keys(NODE_FILES) },
    { artefact: node, names: CNI_PLUGINS, subfolder: CNI },
    ...CONTROL_PLANE.map((name) =>
      command(
        name,
        { host: 'registry.k8s.io', repository: name, tag: RELEASED.node.tag },
        `/usr/local/bin/${name}`,
      ),
    ),
    command('etcd', RELEASED.etcd, '/usr/local/bin/etcd'),
    command('coredns', RELEASED.coredns, '/coredns'),
    { artefact: parts.grpcurl, names: ['grpcurl'] },
    { artefact: parts.istioctl, names: ['istioctl'] },
  ]);
  const images = [pause, pilot, proxyv2, services];
  const store = storeArtefacts(node, [pause, pilot, proxyv2, parts.servicesBase], services);
  return {
    source: 'released',
    wanted: [bin, store.complete, ...images.map(({ artefact }) => artefact)],
    lasting: [bin, store.base],
    images,
    packages: { toRun: RUNTIME_PACKAGES.filter(({ name }) => name !== 'runc'), toBuild: [] },
    describe: (prepared) => ({
      ...parts.describe(prepared, {
        containerd: factIn(prepared, node, 'version'),
        runc: factIn(prepared, bin, 'runc'),
      }),
      bin: prepared.folderOf(bin),
      cniBin: join(prepared.folderOf(bin), CNI),
      imageTarballs: tarballsOf(images, prepared),
      containerdRoot: join(prepared.folderOf(store.complete), STORE_ROOT),
    }),
  };
}

/** The version that a binary says it has. */
export async function versionFact(
  command: string,
  args: readonly string[],
  pattern: RegExp,
  signal: AbortSignal,
): Promise<Facts> {
  const said = await run(command, args, { purpose: 'asking a released binary for its version', signal });
  return { version: pattern.exec(said)?.[1] ?? 'unknown' };
}

/** A filter that only Istio's own build of Envoy has. */
const ISTIO_FILTER = Buffer.from('istio.metadata_exchange');

/** Envoy's version and build, and whether Istio's filters are in it. */
async function envoyFacts(envoy: string, signal: AbortSignal): Promise<Facts> {
  return {
    ...(await envoyVersion(envoy, signal)),
    stock: (await contains(envoy, ISTIO_FILTER)) ? 'no' : 'yes',
  };
}

async function contains(file: string, wanted: Buffer): Promise<boolean> {
  let tail: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    const text = Buffer.concat([tail, chunk as Buffer]);
    if (text.includes(wanted)) return true;
    tail = text.subarray(-wanted.length);
  }
  return false;
}
