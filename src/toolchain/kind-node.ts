import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SetupError } from '../errors.ts';
import { defineArtefact, keyOf, type Artefact, type BuildContext } from './artefact.ts';
import { run } from './commands.ts';
import { importInto } from './containerd-store.ts';
import type { GoArtefacts } from './go.ts';
import { imageArtefact, textFile, type ImageArtefact } from './images.ts';
import { layerFacts, layerOfFolder } from './layer.ts';
import { IMAGE_HUB } from './pins.ts';

/** The node's binaries: folder in the image by module. */
const BINARIES = {
  'usr/local/bin': { containerd: ['containerd', 'ctr', 'containerd-shim-runc-v2'], crictl: ['crictl'] },
  'usr/bin': { kubernetes: ['kubelet', 'kubectl'], kubeadm: ['kubeadm'] },
  'opt/cni/bin': { cni: ['host-local', 'loopback', 'portmap', 'ptp'] },
} as const;

/** Raised when the way in which the layer of binaries is made changes. */
const REVISION = 1;

/**
 * Pods of the one node get addresses of the first /24 of kind's default pod network, which is the one that the
 * controller manager gives to the first node.
 */
const POD_SUBNET = '10.244.0.0/24';

const CNI_CONFIG = {
  cniVersion: '0.4.0',
  name: 'meshproof',
  plugins: [
    {
      type: 'ptp',
      ipMasq: true,
      mtu: 1500,
      ipam: {
        type: 'host-local',
        dataDir: '/run/cni-ipam-state',
        routes: [{ dst: '0.0.0.0/0' }],
        ranges: [[{ subnet: POD_SUBNET }]],
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
};

/**
 * First of all in the node: the sysctls that no namespace holds, since they are the whole machine's, become
 * read-only, for systemd raises some. A kubelet ends when it cannot set three of them, and writes nothing when it
 * finds the values that it wants (kubernetes, pkg/kubelet/cm/container_manager_linux.go), so files that have them lie
 * over the machine's.
 */
const ENTRYPOINT = `#!/bin/sh
set -eu
for folder in fs kernel vm; do
  mount --bind "/proc/sys/$folder" "/proc/sys/$folder"
  mount -o remount,bind,ro "/proc/sys/$folder"
done
stands=/kind/sysctls
mkdir -p "$stands"
while read -r name value; do
  stand=$stands/$(echo "$name" | tr / .)
  echo "$value" >"$stand"
  mount --bind "$stand" "/proc/sys/$name"
done <<END
vm/overcommit_memory 1
kernel/panic 10
kernel/panic_on_oops 1
END
exec /usr/local/bin/entrypoint "$@"
`;

/**
 * The image of a kind node, as `kind build node-image` would make it: binaries, and the control plane's images in
 * containerd's own store.
 */
export function kindNodeImage(
  root: Artefact,
  commands: GoArtefacts,
  controlPlane: readonly ImageArtefact[],
): ImageArtefact {
  const contents = contentsLayer(commands, controlPlane);
  const files = [ENTRYPOINT, CNI_CONFIG];
  const kubernetes = commands.versionOf('kubernetes');
  return imageArtefact({
    name: 'kind-node',
    ref: `${IMAGE_HUB}/kind-node:${kubernetes}-${keyOf(root.key, contents.key, files).slice(0, 8)}`,
    base: [root, contents],
    contents: [],
    inputs: files,
    config: {
      entrypoint: ['/kind/bin/meshproof-entrypoint', '/sbin/init'],
      env: ['container=docker'],
      stopSignal: 'SIGRTMIN+3',
    },
    entries: () => [
      textFile('kind/version', kubernetes),
      textFile('etc/cni/net.d/10-meshproof.conflist', JSON.stringify(CNI_CONFIG)),
      textFile('kind/bin/meshproof-entrypoint', ENTRYPOINT, 0o755),
    ],
  });
}

function contentsLayer(commands: GoArtefacts, controlPlane: readonly ImageArtefact[]): Artefact {
  const modules = Object.values(BINARIES).flatMap((folder) => Object.keys(folder));
  const kubernetes = commands.versionOf('kubernetes');
  return defineArtefact({
    name: 'layer-kind-node',
    inputs: [BINARIES, REVISION],
    dependsOn: [
      ...modules.map((module) => commands.of(module)),
      ...controlPlane.map(({ artefact }) => artefact),
    ],
    build: async (folder, context) => {
      await checkNames(commands, kubernetes, controlPlane, context);
      const root = join(folder, 'root');
      for (const [place, byModule] of Object.entries(BINARIES)) {
        await mkdir(join(root, place), { recursive: true });
        for (const [module, names] of Object.entries(byModule) as [string, readonly string[]][])
          for (const name of names)
            await copyFile(join(context.folderOf(commands.of(module)), name), join(root, place, name));
      }
      await mkdir(join(root, 'etc/containerd'), { recursive: true });
      await writeFile(join(root, 'etc/containerd/cri-base.json'), await baseSpec(commands, context));
      const store = join(root, 'var/lib/containerd');
      await mkdir(store, { recursive: true });
      await importInto(store, commands.of('containerd'), controlPlane, 'packed', context);
      const layer = await layerOfFolder(root, join(folder, 'layer.tar'), context);
      await rm(root, { recursive: true });
      return layerFacts([layer]);
    },
  });
}

/** @throws SetupError when kubeadm would ask for other images than those that were built */
async function checkNames(
  commands: GoArtefacts,
  kubernetes: string,
  images: readonly ImageArtefact[],
  context: BuildContext,
): Promise<void> {
  const kubeadm = join(context.folderOf(commands.of('kubeadm')), 'kubeadm');
  const listed = await run(kubeadm, ['config', 'images', 'list', '--kubernetes-version', kubernetes], {
    purpose: 'asking kubeadm for the images it wants',
    signal: context.signal,
    logFile: context.logFile,
  });
  const built = new Set(images.map(({ ref }) => ref));
  const lacking = listed
    .trim()
    .split('\n')
    .filter((name) => !built.has(name));
  if (lacking.length > 0)
    throw new SetupError(`kubeadm ${kubernetes} wants ${lacking.join(', ')}, which is not what was built`, {
      hint: 'The pins of etcd, CoreDNS and pause have to be those of this Kubernetes.',
    });
}

/** The specification that all containers of a node start from (kind, images/base/Dockerfile). */
async function baseSpec(commands: GoArtefacts, context: BuildContext): Promise<string> {
  const ctr = join(context.folderOf(commands.of('containerd')), 'ctr');
  const text = await run(ctr, ['oci', 'spec'], {
    purpose: "asking containerd for its containers' specification",
    signal: context.signal,
  });
  const spec = JSON.parse(text) as { process: { rlimits?: unknown }; hooks?: object };
  delete spec.process.rlimits;
  return JSON.stringify({
    ...spec,
    hooks: { createContainer: [{ path: '/kind/bin/mount-product-files.sh' }] },
  });
}
