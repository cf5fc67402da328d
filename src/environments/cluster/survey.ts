import type { KubernetesObject } from '@kubernetes/client-node';
import { SetupError } from '../../errors.ts';
import type { Activity } from '../../progress.ts';
import type { EnvironmentOptions } from '../options.ts';
import { type Placement, AS_WRITTEN, place } from '../placement.ts';
import { refuseOthers } from '../ours.ts';
import { GATEWAY_HOST, tlsSecret } from '../samples.ts';
import { accessLogFilter } from './access-log.ts';
import { type Claim, refuseClaimed } from './claim.ts';
import { type Connection, connect } from './connect.ts';
import { type IstioFacts, examineIstio } from './examine-istio.ts';
import { findIstio, hasIstio, refuseVersion } from './find-istio.ts';
import { refuseUnlabelled } from './fitness.ts';
import { type FoundAddress, findAddress } from './gateway-address.ts';
import { type IstioInstallation, refuseRemnants, renderIstio } from './install.ts';
import type { ClusterOptions } from './options.ts';
import { refuseWithoutPermission } from './permissions.ts';
import { removeClaim } from './remove.ts';
import { type Tools, findTools, servicesImageFor } from './tools.ts';

/** What a command wants of a cluster that is handed in. */
export interface ClusterRequest extends EnvironmentOptions {
  readonly cluster: ClusterOptions;
}

/** Istio as it was found. */
export interface FoundIstio {
  readonly placement: Placement;
  readonly facts: IstioFacts;
  readonly address: FoundAddress;
}

/** All that was learned of a cluster, with nothing applied. */
export interface Survey {
  readonly connection: Connection;
  readonly tools: Tools;
  readonly servicesImage: string;
  readonly istio: FoundIstio | IstioInstallation;
}

/**
 * Looks at a cluster and refuses it if anything is not as it must be. It changes nothing but what a killed run has
 * left, which goes, and with `dryRun` not even that.
 *
 * @throws HarnessError that says what is not in order
 */
export async function survey(request: ClusterRequest, activity: Activity): Promise<Survey> {
  const { cluster: options, signal } = request;
  const tools = await findTools({ ...request.request, ...request, ...options });
  if (tools.bin !== '') process.env.PATH = `${tools.bin}:${process.env.PATH ?? ''}`;
  const connection = await connect(options, signal);
  activity.detail(connection.title);
  if (!options.allowUnlabelled) await refuseUnlabelled(connection);
  const leftovers = await refuseClaimed(connection, options.namespace, signal);
  if (request.dryRun !== true) await sweep(request, connection, leftovers);
  const installed = await hasIstio(connection);
  const istio =
    options.installIstio && !installed
      ? await planInstallation(connection, request, tools)
      : await lookAtIstio(connection, request);
  const servicesImage = await servicesImageFor(connection, options.servicesImage, tools.servicesImage);
  return { connection, tools, servicesImage, istio };
}

async function sweep(
  { progress }: ClusterRequest,
  connection: Connection,
  leftovers: readonly Claim[],
): Promise<void> {
  for (const claim of leftovers) {
    await removeClaim(connection, claim);
    progress.note(`Removed what a killed run has left in ${connection.title}: namespace ${claim.namespace}.`);
  }
}

async function planInstallation(
  connection: Connection,
  { cluster, request, signal }: ClusterRequest,
  { toolchain }: Tools,
): Promise<IstioInstallation> {
  if (toolchain === undefined) throw new Error('no toolchain to install Istio from');
  await refuseRemnants(connection);
  await refuseWithoutPermission(connection, { ...AS_WRITTEN, samples: cluster.namespace }, true);
  const installation = { toolchain, request };
  // What the user words freely is tried out before anything is applied.
  await renderIstio(installation, signal);
  return installation;
}

/** Istio as it stands in a cluster. @throws HarnessError when the harness cannot work with it */
async function lookAtIstio(
  connection: Connection,
  { cluster, request }: ClusterRequest,
): Promise<FoundIstio> {
  const placement = await findIstio(connection, cluster);
  await refuseWithoutPermission(connection, placement, false);
  const facts = await examineIstio(connection, placement);
  refuseVersion(facts.istio, request.istioVersion);
  const rival = facts.otherGateways.find(({ hosts }) => hosts.some((host) => host.endsWith(GATEWAY_HOST)));
  if (rival !== undefined) {
    throw new SetupError(
      `the Gateway ${rival.name} is for ${GATEWAY_HOST} too, the host that the suites call`,
      {
        hint: 'Its routes would get in between. Remove it, or choose another gateway by --gateway-selector.',
      },
    );
  }
  await refuseOthers(connection.cluster, besideGateway(placement, facts));
  return { placement, facts, address: await findAddress(connection, placement, cluster.gateway) };
}

/** What is put into the gateway's namespace before the first configuration. */
export const besideGateway = (placement: Placement, { readableLog }: IstioFacts): KubernetesObject[] => [
  ...place([tlsSecret({ certificate: '', key: '', serial: '' })], placement),
  ...(readableLog ? [] : [accessLogFilter(placement)]),
];
