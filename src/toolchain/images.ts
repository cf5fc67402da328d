import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { defineArtefact, keyOf, type Artefact, type BuildContext } from './artefact.ts';
import { MERGED_LINKS, certificateBundle, debianLayer } from './debian.ts';
import { writeImage, type ImageConfig } from './image.ts';
import { writeLayer, type Layer, type LayerEntry } from './layer.ts';
import { DEBIAN, IMAGE_HUB, PAUSE_IMAGE } from './pins.ts';

/** An image as an artefact: its folder holds `image.tar`, its facts the digest. */
export interface ImageArtefact {
  readonly ref: string;
  readonly artefact: Artefact;
}

/** Istio's user in its own images; the sidecar's iptables rules let what runs as it pass. */
const ISTIO_USER = 1337;

/** Raised when what the code puts into an image changes while its inputs do not. */
const REVISION = 1;

/** A file with the given text. */
export const textFile = (path: string, content: string, mode = 0o644): LayerEntry => ({
  path,
  type: 'file',
  mode,
  content: Buffer.from(content),
});

/** Debian's C and C++ libraries, a shell with the usual tools, and the CA certificates. */
export function debianBase(): Artefact {
  return debianLayer(
    'layer-debian',
    DEBIAN.base,
    (files) => [
      ...MERGED_LINKS,
      certificateBundle(files),
      { path: 'usr/bin/sh', type: 'symlink', mode: 0o777, target: 'bash' },
      { path: 'tmp', type: 'directory', mode: 0o1777 },
      { path: 'root', type: 'directory', mode: 0o700 },
      { path: 'run', type: 'directory', mode: 0o755 },
      { path: 'var/tmp', type: 'directory', mode: 0o1777 },
      textFile('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n'),
      textFile(
        'etc/passwd',
        [
          'root:x:0:0:root:/root:/bin/bash',
          `istio-proxy:x:${ISTIO_USER}:${ISTIO_USER}::/home/istio-proxy:/bin/bash`,
          'nobody:x:65534:65534:nobody:/nonexistent:/bin/false',
          '',
        ].join('\n'),
      ),
      textFile('etc/group', `root:x:0:\nistio-proxy:x:${ISTIO_USER}:\nnogroup:x:65534:\n`),
      { path: 'home/istio-proxy', type: 'directory', mode: 0o755, uid: ISTIO_USER, gid: ISTIO_USER },
    ],
    REVISION,
  );
}

/** iptables, with the links that `update-alternatives` makes when the package is installed. */
export function iptablesLayer(): Artefact {
  const families = ['iptables', 'ip6tables'];
  const links = families.flatMap((family) =>
    ['', '-save', '-restore'].map((action): LayerEntry => ({
      path: `usr/sbin/${family}${action}`,
      type: 'symlink',
      mode: 0o777,
      target: 'xtables-nft-multi',
    })),
  );
  return debianLayer('layer-iptables', DEBIAN.iptables, () => links, REVISION);
}

interface ImageDefinition {
  readonly name: string;
  readonly ref: string;
  /** Finished layers, lowest first. */
  readonly base: readonly Artefact[];
  /** What the topmost layer is made of, beside `base`. */
  readonly contents: readonly Artefact[];
  readonly inputs?: readonly unknown[];
  readonly config: ImageConfig;
  readonly entries: (context: BuildContext) => readonly LayerEntry[];
}

export function imageArtefact(definition: ImageDefinition): ImageArtefact {
  const { name, ref, base, contents, config } = definition;
  const artefact = defineArtefact({
    name: `image-${name}`,
    inputs: [ref, config, REVISION, definition.inputs ?? []],
    dependsOn: [...base, ...contents],
    build: async (folder, context) => {
      const top = join(folder, 'top.tar');
      const layers: Layer[] = [
        ...base.flatMap((layer) => finishedLayers(layer, context)),
        await writeLayer(definition.entries(context), top),
      ];
      const labels = Object.fromEntries(
        base.flatMap((layer) => {
          const packages = context.factsOf(layer).packages;
          return packages === undefined ? [] : [[`meshproof.packages.${layer.name}`, packages]];
        }),
      );
      const digest = await writeImage(ref, { ...config, labels }, layers, join(folder, 'image.tar'));
      await rm(top);
      return { ref, digest };
    },
  });
  return { ref, artefact };
}

/** The layers that an artefact consists of, lowest first. */
function finishedLayers(artefact: Artefact, context: BuildContext): Layer[] {
  const { layers } = context.factsOf(artefact);
  const stated = z.array(z.object({ file: z.string(), sha256: z.string(), size: z.number() }));
  return stated
    .parse(JSON.parse(layers ?? '[]'))
    .map((layer) => ({ ...layer, file: join(context.folderOf(artefact), layer.file) }));
}

/** A file of another artefact, at its place in an image. */
export const fileFrom = (
  context: BuildContext,
  artefact: Artefact,
  name: string,
  path: string,
  mode = 0o755,
): LayerEntry => ({
  path,
  type: 'file',
  mode,
  content: { file: join(context.folderOf(artefact), name) },
});

export function pauseImage(pause: Artefact): ImageArtefact {
  return imageArtefact({
    name: 'pause',
    ref: PAUSE_IMAGE,
    base: [],
    contents: [pause],
    config: { entrypoint: ['/pause'], user: '65535:65535' },
    entries: (context) => [fileFrom(context, pause, 'pause', 'pause')],
  });
}

export interface IstioImages {
  readonly pilot: ImageArtefact;
  readonly proxyv2: ImageArtefact;
  /** The tag that both have, as `--set tag=` wants it. */
  readonly tag: string;
}

/** Istio's two images, with stock Envoy in the proxy's. */
export function istioImages(
  istio: Artefact,
  envoy: Artefact,
  layers: { readonly base: Artefact; readonly iptables: Artefact },
  versions: { readonly istio: string; readonly envoy: string },
): IstioImages {
  const { base, iptables } = layers;
  const parts = [istio, envoy, base, iptables].map(({ key }) => key);
  const tag = `${versions.istio}-envoy-${versions.envoy}-${keyOf(parts, REVISION).slice(0, 8)}`;
  const pilot = imageArtefact({
    name: 'pilot',
    ref: `${IMAGE_HUB}/pilot:${tag}`,
    base: [base],
    contents: [istio],
    config: { entrypoint: ['/usr/local/bin/pilot-discovery'], user: `${ISTIO_USER}:${ISTIO_USER}` },
    entries: (context) => [fileFrom(context, istio, 'pilot-discovery', 'usr/local/bin/pilot-discovery')],
  });
  const proxyv2 = imageArtefact({
    name: 'proxyv2',
    ref: `${IMAGE_HUB}/proxyv2:${tag}`,
    base: [base, iptables],
    contents: [istio, envoy],
    config: { entrypoint: ['/usr/local/bin/pilot-agent'] },
    entries: (context) => [
      fileFrom(context, istio, 'pilot-agent', 'usr/local/bin/pilot-agent'),
      fileFrom(context, envoy, 'envoy', 'usr/local/bin/envoy'),
      fileFrom(
        context,
        istio,
        'envoy_bootstrap.json',
        'var/lib/istio/envoy/envoy_bootstrap_tmpl.json',
        0o644,
      ),
    ],
  });
  return { pilot, proxyv2, tag };
}
