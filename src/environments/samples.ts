import { join } from 'node:path';
import type { KubernetesObject } from '@kubernetes/client-node';
import type { KeyPair } from '../certificates/authority.ts';
import { applyObjects } from '../kubernetes/apply.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { type Kustomization, render } from '../kubernetes/manifests.ts';
import { waitForRollout } from '../kubernetes/readiness.ts';
import { PROJECT_ROOT } from '../paths.ts';
import { AS_WRITTEN, type Placement, place } from './placement.ts';

/** Folder of one group of manifests, by its name under manifests/. */
export const manifestFolder = (name: string) => join(PROJECT_ROOT, 'manifests', name);

/** The host all suites call. */
export const GATEWAY_HOST = 'grpc.example.com';

/** The Secret with the certificate of {@link GATEWAY_HOST}. */
export const GATEWAY_SECRET = 'grpc-tls-credential';

/**
 * The Secret that `kubectl create secret tls` would make.
 *
 * @param clientsCa the authority of the clients, for a Gateway that asks for their certificates
 */
export function tlsSecret(
  pair: KeyPair,
  {
    name = GATEWAY_SECRET,
    namespace = AS_WRITTEN.gateway,
    clientsCa,
  }: { readonly name?: string; readonly namespace?: string; readonly clientsCa?: string } = {},
): KubernetesObject {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    type: 'kubernetes.io/tls',
    data: {
      'tls.crt': base64(pair.certificate),
      'tls.key': base64(pair.key),
      ...(clientsCa === undefined ? {} : { 'ca.crt': base64(clientsCa) }),
    },
  };
  return secret;
}

/** The sample services with the image they run. @param image a reference `repository:tag` */
export function sampleServices(image: string): Kustomization {
  const colon = image.lastIndexOf(':');
  return {
    resources: [manifestFolder('services')],
    namespace: AS_WRITTEN.samples,
    images: [{ name: 'meshproof/services', newName: image.slice(0, colon), newTag: image.slice(colon + 1) }],
  };
}

const isDeployment = (object: KubernetesObject) => object.kind === 'Deployment';

/** Applies the sample services and waits until every one is available. */
export async function deploySampleServices(
  cluster: Cluster,
  image: string,
  placement: Placement,
  signal: AbortSignal,
): Promise<void> {
  const objects = await applyObjects(cluster, place(await render(sampleServices(image)), placement));
  await Promise.all(
    objects
      .filter(isDeployment)
      .map((object) => waitForRollout(cluster, placement.samples, object.metadata?.name ?? '', signal)),
  );
}
