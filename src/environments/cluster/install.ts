import { join } from 'node:path';
import type { KubernetesObject } from '@kubernetes/client-node';
import { execa } from 'execa';
import { SetupError } from '../../errors.ts';
import { applyObjects, hasStatus } from '../../kubernetes/apply.ts';
import type { Activity } from '../../progress.ts';
import type { MeshToolchain } from '../../toolchain/toolchain.ts';
import {
  type IstioSettings,
  gatewayManifests,
  installIstio,
  istioManifests,
  istioSettings,
  writeIstioOperator,
} from '../istio.ts';
import { isOurs, ours } from '../ours.ts';
import { AS_WRITTEN } from '../placement.ts';
import type { MeshRequest } from '../request.ts';
import type { Connection } from './connect.ts';
import { removeNamespace } from './namespace.ts';

/** What Istio is installed from, the same as in `local` and `kind`. */
export interface IstioInstallation {
  readonly toolchain: MeshToolchain;
  readonly request: MeshRequest;
}

/**
 * Makes sure that there is nothing of Istio's in the cluster: what is taken away afterwards is then ours.
 *
 * @throws SetupError that names what is there
 */
export async function refuseRemnants({ cluster, title }: Connection): Promise<void> {
  const { stdout } = await execa('kubectl', [...cluster.kubectlArguments, 'get', 'crd', '--output=name']);
  const crd = stdout.split('\n').find((line) => line.endsWith('.istio.io'));
  const namespace = await cluster.core
    .readNamespace({ name: AS_WRITTEN.control })
    .then((found) => (isOurs(found) ? undefined : `namespace/${AS_WRITTEN.control}`))
    .catch((error: unknown) => {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    });
  const remnant = crd ?? namespace;
  if (remnant === undefined) return;
  throw new SetupError(`${title} runs no istiod, but has something of Istio's: ${remnant}`, {
    hint: 'All of Istio is removed after a run that installed it, so there may be none of somebody else\'s. Remove it ("istioctl uninstall --purge").',
  });
}

const settingsOf = ({ toolchain, request }: IstioInstallation): IstioSettings => ({
  ...istioSettings(toolchain, request),
  imagePullPolicy: 'IfNotPresent',
});

const istioNamespace = () =>
  ours('environment', [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: AS_WRITTEN.control } }]);

/**
 * Every object that an installation makes.
 *
 * @throws SetupError when istioctl refuses what is asked for, or there is no ingress gateway in it
 */
export async function renderIstio(
  installation: IstioInstallation,
  signal: AbortSignal,
): Promise<KubernetesObject[]> {
  const { request, toolchain } = installation;
  const arguments_ = [
    settingsOf(installation),
    request.set ?? [],
    signal,
    join(toolchain.bin, 'istioctl'),
  ] as const;
  await gatewayManifests(...arguments_);
  return [...istioNamespace(), ...(await istioManifests(...arguments_))];
}

/** Installs Istio, with its ingress gateway. @param folder for the IstioOperator */
export async function install(
  { cluster }: Connection,
  installation: IstioInstallation,
  folder: string,
  activity: Activity,
  signal: AbortSignal,
): Promise<void> {
  const file = join(folder, 'istio-operator.yaml');
  await writeIstioOperator(settingsOf(installation), file);
  await applyObjects(cluster, istioNamespace());
  const set = installation.request.set ?? [];
  await installIstio(file, set, cluster, (line) => activity.detail(line), signal);
}

/** Removes Istio and all its definitions, and its namespace. Fine where nothing or only a part of it is there. */
export async function uninstallIstio(connection: Connection): Promise<void> {
  const { cluster } = connection;
  const result = await execa(
    'istioctl',
    ['uninstall', '--purge', '--skip-confirmation', ...cluster.kubectlArguments],
    { reject: false, all: true },
  );
  if (result.failed) {
    throw new SetupError(`istioctl uninstall failed: ${result.all.trim().split('\n').slice(-6).join('\n')}`);
  }
  await removeNamespace(connection, AS_WRITTEN.control);
}
