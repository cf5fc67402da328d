import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { execa } from 'execa';
import { z } from 'zod';
import { SetupError } from '../errors.ts';
import { Cluster } from '../kubernetes/cluster.ts';
import type { Environment } from './environment.ts';
import { MeshView } from './mesh-view.ts';

const serverInfo = z.object({
  version: z.string(),
  node: z.object({ metadata: z.object({ ISTIO_VERSION: z.string().optional() }) }),
});

/** Libraries that make RPCs, or carry them. */
const CLIENT_PACKAGES = ['@grpc/grpc-js', 'undici'];

async function packageVersion(name: string): Promise<string> {
  const file = createRequire(import.meta.url).resolve(`${name}/package.json`);
  return (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version;
}

/** istiod answers `version-revision-status` (pkg/version/version.go); a version may have hyphens of its own. */
export const istioVersion = (answer: string): string => answer.trim().replace(/-[^-]+-[^-]+$/, '');

/**
 * Versions as the running parts report them themselves.
 *
 * @throws SetupError when istiod or the gateway's proxy does not know its own version: expectations are keyed
 *   by it, so nothing could be judged
 */
export async function runningVersions(environment: Environment): Promise<Record<string, string>> {
  const cluster = new Cluster(environment.kubeconfig, environment.context);
  await using view = await MeshView.open(cluster, environment.placement);
  const [info, istiod, kubernetes] = await Promise.all([
    view.gateway('/server_info').then((text) => serverInfo.parse(JSON.parse(text))),
    view.istiod('/version'),
    cluster.version.getCode(),
  ]);
  // 3 of 5 parts: commit/version/state/build type/TLS library (Envoy, source/common/version/version.cc).
  const envoy = info.version.split('/')[1] ?? '';
  const proxy = info.node.metadata.ISTIO_VERSION ?? '';
  for (const [what, version] of [
    ['istiod', istioVersion(istiod)],
    ["the gateway's proxy", proxy],
    ["the gateway's Envoy", envoy],
  ] as const) {
    if (version === '' || version.includes('unknown')) {
      throw new SetupError(
        `${what} reports its version as "${version || 'nothing'}", and expectations depend on it`,
        {
          hint: 'Use an image that was built with its version linked in.',
        },
      );
    }
  }
  const grpcurl = await execa('grpcurl', ['-version'], { reject: false, all: true });
  const clients = await Promise.all(
    CLIENT_PACKAGES.map(async (name): Promise<[string, string]> => [name, await packageVersion(name)]),
  );
  return {
    istio: istioVersion(istiod),
    'istio proxy': proxy,
    envoy,
    'envoy build': info.version,
    kubernetes: kubernetes.gitVersion,
    node: process.versions.node,
    openssl: process.versions.openssl,
    nghttp2: process.versions.nghttp2 ?? '',
    ...Object.fromEntries(clients),
    grpcurl: grpcurl.all.replace(/^grpcurl\s*/, '').trim(),
  };
}
