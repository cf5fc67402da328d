import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SetupError, WaitTimeoutError } from '../../errors.ts';
import { applyObjects } from '../../kubernetes/apply.ts';
import { waitForLoadBalancer } from '../../kubernetes/readiness.ts';
import { type StepTiming, step } from '../../progress.ts';
import { Convergence } from '../convergence.ts';
import { applyDefaultRoutes, waitForGoodRpc } from '../default-routes.ts';
import type { StartedEnvironment } from '../handle.ts';
import { MeshView } from '../mesh-view.ts';
import { ours } from '../ours.ts';
import { AS_WRITTEN, type Placement } from '../placement.ts';
import { deploySampleServices } from '../samples.ts';
import { accessLogFilter } from './access-log.ts';
import { type Contents, beat, claim, keep, listClaims } from './claim.ts';
import type { Connection } from './connect.ts';
import { describe } from './describe.ts';
import { examineIstio } from './examine-istio.ts';
import { findAddress } from './gateway-address.ts';
import { type IstioInstallation, install } from './install.ts';
import { removeClaim } from './remove.ts';
import { setAside } from './set-aside.ts';
import type { ClusterRequest, FoundIstio, Survey } from './survey.ts';

/** Where everything is, or will be. */
export const placementFor = ({ istio }: Survey, { cluster }: ClusterRequest): Placement =>
  'facts' in istio ? istio.placement : { ...AS_WRITTEN, samples: cluster.namespace };

/** Folder for the files of an environment; one for each cluster, by the user's own name for it. */
export const folderFor = (home: string, { cluster }: Connection, namespace: string): string =>
  join(home, 'clusters', encodeURIComponent(`${cluster.config.getCurrentContext()} ${namespace}`));

/**
 * Makes the environment that was prepared.
 *
 * @throws HarnessError when it does not come up; everything it made is gone again by then
 */
export async function start(request: ClusterRequest, survey: Survey): Promise<StartedEnvironment> {
  const { connection } = survey;
  const { cluster: options, home, progress } = request;
  const { namespace } = options;
  const contents: Contents = {
    placement: placementFor(survey, request),
    istioInstalled: !('facts' in survey.istio),
  };
  await claim(connection, namespace, contents);
  const stopBeating = beat(connection, namespace, request.onBroken);
  const run = folderFor(home, connection, namespace);
  const remove = async () => {
    await stopBeating(false);
    // By what the cluster itself says, as after a killed run: both ways are one.
    const claims = await listClaims(connection);
    for (const each of claims) if (each.namespace === namespace) await removeClaim(connection, each);
    await rm(run, { recursive: true, force: true });
  };
  try {
    await mkdir(join(run, 'logs'), { recursive: true });
    const steps: StepTiming[] = [];
    if ('facts' in survey.istio) await setAside(connection, survey.istio.placement);
    const istio = await fill(request, survey, run, steps);
    return {
      environment: describe({ request, survey, istio, installed: contents.istioInstalled, run, steps }),
      run,
      inside: (command) => command,
      detach: async () => {
        await stopBeating(false);
        await keep(connection, namespace);
      },
      endedBy: ['meshproof down --env cluster', ...connection.cluster.kubectlArguments].join(' '),
      remove,
      [Symbol.asyncDispose]: () => stopBeating(true),
    };
  } catch (error) {
    const activity = progress.begin('Cleaning up');
    await remove().then(
      () => activity.done(),
      (trouble: unknown) => activity.failed(String(trouble)),
    );
    throw error;
  }
}

/** From the namespace to a gateway that answers. */
async function fill(
  request: ClusterRequest,
  { connection, istio, servicesImage }: Survey,
  run: string,
  steps: StepTiming[],
): Promise<FoundIstio> {
  const { progress, signal } = request;
  const { cluster } = connection;
  const namespace = request.cluster.namespace;
  const ready = step(progress, 'Sample services', steps, () =>
    deploySampleServices(cluster, servicesImage, { ...AS_WRITTEN, samples: namespace }, signal),
  );
  const [found] = await Promise.all([
    'facts' in istio ? istio : installed(request, connection, istio, run, steps),
    ready,
  ]);
  await step(progress, 'First RPC through the gateway', steps, () =>
    firstRpc(request, connection, found, run),
  );
  return found;
}

async function installed(
  request: ClusterRequest,
  connection: Connection,
  installation: IstioInstallation,
  run: string,
  steps: StepTiming[],
): Promise<FoundIstio> {
  const { progress, signal, cluster: options } = request;
  const placement = { ...AS_WRITTEN, samples: options.namespace };
  await step(progress, 'Istio', steps, (activity) =>
    install(connection, installation, run, activity, signal),
  );
  if (options.gateway === 'load-balancer')
    await waitForLoadBalancer(connection.cluster, placement.gateway, 'istio-ingressgateway', signal);
  return {
    placement,
    facts: await examineIstio(connection, placement),
    address: await findAddress(connection, placement, options.gateway),
  };
}

/** The whole way, before any case relies on it. */
async function firstRpc(
  { signal }: ClusterRequest,
  { cluster }: Connection,
  { placement, facts, address }: FoundIstio,
  run: string,
): Promise<void> {
  const file = join(run, 'test-ca.pem');
  await using view = await MeshView.open(cluster, placement);
  await using convergence = await Convergence.open(view);
  const log = facts.readableLog ? [] : [accessLogFilter(placement)];
  const applied = await applyObjects(cluster, ours('environment', log));
  const pem = await applyDefaultRoutes(cluster, file, placement);
  await convergence.settle(applied, [], signal);
  const { gateway } = address;
  const tryBoth = (['tls', 'h2c'] as const).map((transport) =>
    waitForGoodRpc(gateway, { pem, file }, transport, signal),
  );
  await Promise.all(tryBoth).catch((error: unknown) => {
    if (!(error instanceof WaitTimeoutError)) throw error;
    const where = `${gateway.address}:${gateway.tlsPort} (TLS) and :${gateway.h2cPort} (h2c)`;
    throw new SetupError(`no RPC gets through the gateway at ${where}, ${address.how}: ${error.last}`, {
      cause: error,
      hint: 'Can it be reached from here? Try --gateway node-port, or --gateway-address HOST:TLS_PORT:H2C_PORT.',
    });
  });
}
