import { realpath } from 'node:fs/promises';
import { SetupError } from '../../errors.ts';
import { findCommand } from '../../toolchain/system.ts';
import { type MeshToolchain, type ToolchainOptions, ensureToolchain } from '../../toolchain/toolchain.ts';
import type { Environment } from '../environment.ts';
import { listMeshes } from '../local/registry.ts';
import type { Connection } from './connect.ts';
import type { ClusterOptions } from './options.ts';

/** Commands that driving a cluster takes. */
const COMMANDS = ['kubectl', 'grpcurl'];

/** What the harness itself runs. */
export interface Tools {
  /** Folder of the commands; empty where the PATH has them. */
  readonly bin: string;
  /** Only where Istio is to be installed. */
  readonly toolchain?: MeshToolchain;
  /** Where the cluster is a mesh of ours: the image of the sample services that its nodes have. */
  readonly servicesImage?: string;
}

/**
 * The commands: those of the mesh whose kubeconfig it is, those on the PATH, or those of the toolchain.
 *
 * @throws SetupError when they cannot be had
 */
export async function findTools(
  options: ToolchainOptions & Pick<ClusterOptions, 'kubeconfig' | 'installIstio'>,
): Promise<Tools> {
  const own = await ownMesh(options.home, options.kubeconfig);
  const had = own === undefined ? {} : { servicesImage: own.images.services };
  if (options.installIstio) {
    const toolchain = await ensureToolchain(options);
    return { bin: toolchain.bin, toolchain, ...had };
  }
  if (own !== undefined) return { bin: own.bin, ...had };
  const found = await Promise.all(COMMANDS.map(findCommand));
  if (found.every((command) => command !== undefined)) return { bin: '' };
  return { bin: (await ensureToolchain(options)).bin };
}

/** The mesh of this machine that a kubeconfig belongs to. */
async function ownMesh(home: string, kubeconfig: string): Promise<Environment | undefined> {
  const real = (file: string) => realpath(file).catch(() => file);
  const wanted = await real(kubeconfig);
  for (const { entry } of await listMeshes(home)) {
    const environment = entry.environment as Environment | undefined;
    if (environment !== undefined && (await real(environment.kubeconfig)) === wanted) return environment;
  }
  return undefined;
}

const SERVICES = /\/meshproof\/services:[^@]+$/;

/**
 * The image of the sample services: the one that was given, or one of ours that the nodes have already, as those of
 * `meshproof up` do.
 *
 * @param own that of the mesh of ours, where the cluster is one
 * @throws SetupError when there is none
 */
export async function servicesImageFor(
  connection: Connection,
  given: string | undefined,
  own: string | undefined,
): Promise<string> {
  if (given !== undefined) return /:[^/]+$/.test(given) ? given : `${given}:latest`;
  // A kubelet says which images it has every half minute only.
  const image = own ?? (await imageOnEveryNode(connection));
  if (image !== undefined) return image;
  throw new SetupError(`the nodes of ${connection.title} have no image of the sample services`, {
    hint: 'Push services/Dockerfile to a registry that they pull from, and name it by --services-image. Of one that was loaded into them just now they tell within a minute.',
  });
}

async function imageOnEveryNode({ cluster, title }: Connection): Promise<string | undefined> {
  const { items } = await cluster.core.listNode().catch((error: unknown) => {
    throw new SetupError(`the images on the nodes of ${title} cannot be listed`, {
      cause: error,
      hint: 'Say by --services-image which image of the sample services its nodes can pull.',
    });
  });
  const names = items.map(({ status }) => (status?.images ?? []).flatMap((image) => image.names ?? []));
  return (names[0] ?? [])
    .filter((name) => SERVICES.test(name))
    .find((name) => names.every((others) => others.includes(name)));
}
