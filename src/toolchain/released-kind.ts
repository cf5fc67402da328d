import { join } from 'node:path';
import { clientFolder } from './bin-folder.ts';
import type { BuiltOptions } from './built.ts';
import { dockerParts } from './docker-images.ts';
import { goArtefacts } from './go.ts';
import { RELEASED } from './pins.ts';
import { factIn, tarballsOf, type KindToolchain, type Plan } from './plan.ts';
import { pulledArtefact } from './pulled.ts';
import { nameOf, type RegistryClient } from './registry.ts';
import { releasedParts, versionFact } from './released.ts';
import { BUILD_PACKAGES } from './system.ts';

/**
 * A kind cluster out of released images: kind's own node image, and Istio's. kind itself is no image anywhere, so
 * it is built, and with it the client of grpc-go, which takes a minute once.
 *
 * @throws UsageError for a version of Envoy, which Istio's release decides
 */
export async function releasedKindPlan(
  registry: RegistryClient,
  options: BuiltOptions & { readonly ownDocker: boolean },
): Promise<Plan<KindToolchain>> {
  const parts = releasedParts(registry, options);
  const { pilot, proxyv2, services } = parts;
  const commands = await goArtefacts(options);
  const node = pulledArtefact('released-kind-node', RELEASED.node, registry, {
    archive: true,
    files: { kubectl: '/usr/bin/kubectl', containerd: '/usr/local/bin/containerd' },
    passing: ['containerd'],
    describe: (folder, signal) => versionFact(join(folder, 'containerd'), ['--version'], / (v\S+)/, signal),
  });
  const bin = clientFolder([
    { artefact: commands.of('kind'), names: ['kind'] },
    { artefact: node, names: ['kubectl'] },
    { artefact: parts.istioctl, names: ['istioctl'] },
    { artefact: parts.grpcurl, names: ['grpcurl'] },
  ]);
  const docker = dockerParts(
    { node: { ref: nameOf(RELEASED.node), artefact: node }, proxyv2, grpcurl: parts.grpcurl },
    commands,
    options.ownDocker,
  );
  const images = [pilot, proxyv2, services];
  return {
    source: 'released',
    wanted: [bin, ...docker.artefacts, ...images.map(({ artefact }) => artefact)],
    lasting: [bin, ...docker.artefacts],
    images: [...new Set([...docker.images, ...images])],
    packages: { toRun: [], toBuild: options.ownDocker ? BUILD_PACKAGES : [] },
    describe: (prepared) => ({
      ...parts.describe(prepared, { containerd: factIn(prepared, node, 'version'), runc: '' }),
      bin: prepared.folderOf(bin),
      imageTarballs: tarballsOf(images, prepared),
      ...docker.describe(prepared),
    }),
  };
}
