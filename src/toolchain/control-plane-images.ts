import type { Artefact } from './artefact.ts';
import type { GoArtefacts } from './go.ts';
import { fileFrom, imageArtefact, type ImageArtefact } from './images.ts';
import { RELEASED } from './pins.ts';

/**
 * The images of the control plane, under the names that kubeadm of the same version gives them, each with its
 * one binary.
 */
export function controlPlaneImages(
  commands: GoArtefacts,
  layers: { readonly base: Artefact; readonly iptables: Artefact },
  pause: ImageArtefact,
): ImageArtefact[] {
  const kubernetes = commands.versionOf('kubernetes');
  const single = (
    name: string,
    module: string,
    image: { readonly repository: string; readonly tag: string },
    base: readonly Artefact[] = [],
  ): ImageArtefact => {
    const artefact = commands.of(module);
    return imageArtefact({
      name,
      ref: `registry.k8s.io/${image.repository}:${image.tag}`,
      base,
      contents: [artefact],
      config: { entrypoint: [`/usr/local/bin/${name}`] },
      entries: (context) => [fileFrom(context, artefact, name, `usr/local/bin/${name}`)],
    });
  };
  const ofKubernetes = (name: string, base?: readonly Artefact[]): ImageArtefact =>
    single(name, 'kubernetes', { repository: name, tag: kubernetes }, base);
  return [
    ofKubernetes('kube-apiserver'),
    ofKubernetes('kube-controller-manager'),
    ofKubernetes('kube-scheduler'),
    ofKubernetes('kube-proxy', [layers.base, layers.iptables]),
    single('etcd', 'etcd', RELEASED.etcd),
    single('coredns', 'coredns', RELEASED.coredns),
    pause,
  ];
}
