import { join } from 'node:path';
import type { KubernetesObject } from '@kubernetes/client-node';
import type { KeyPair } from '../certificates/authority.ts';
import { applyObjects } from '../kubernetes/apply.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { type Kustomization, render } from '../kubernetes/manifests.ts';
import { waitForRollout } from '../kubernetes/readiness.ts';
import { PROJECT_ROOT } from '../paths.ts';

/** Folder of one group of manifests, by its name under manifests/. */
export const manifestFolder = (name: string) => join(PROJECT_ROOT, 'manifests', name);

/** The namespace the seed's manifests are applied to: they name none. */
export const SAMPLE_NAMESPACE = 'default';

/** Where the ingress gateway runs, and with it the Secrets its `credentialName` points to. */
export const GATEWAY_NAMESPACE = 'istio-system';

/** The host all suites call. */
export const GATEWAY_HOST = 'grpc.example.com';

const GATEWAY_SECRET = 'grpc-tls-credential';

/** The Secret that `kubectl create secret tls` would make. */
export function tlsSecret(
  pair: KeyPair,
  name = GATEWAY_SECRET,
  namespace = GATEWAY_NAMESPACE,
): KubernetesObject {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': base64(pair.certificate), 'tls.key': base64(pair.key) },
  };
  return secret;
}

/** The sample services with the image they run. @param image a reference `repository:tag` */
export function sampleServices(image: string): Kustomization {
  const colon = image.lastIndexOf(':');
  return {
    resources: [manifestFolder('services')],
    namespace: SAMPLE_NAMESPACE,
    images: [{ name: 'meshproof/services', newName: image.slice(0, colon), newTag: image.slice(colon + 1) }],
  };
}

const isDeployment = (object: KubernetesObject) => object.kind === 'Deployment';

/** Applies the sample services and waits until every one is available. */
export async function deploySampleServices(
  cluster: Cluster,
  image: string,
  signal: AbortSignal,
): Promise<void> {
  const objects = await applyObjects(cluster, await render(sampleServices(image)));
  await Promise.all(
    objects
      .filter(isDeployment)
      .map((object) => waitForRollout(cluster, SAMPLE_NAMESPACE, object.metadata?.name ?? '', signal)),
  );
}
