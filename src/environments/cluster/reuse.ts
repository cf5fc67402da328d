import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../errors.ts';
import type { EnvironmentHandle } from '../handle.ts';
import { readyPods } from '../mesh-view.ts';
import { type Claim, beat, isAlive, listClaims } from './claim.ts';
import { type Connection, connect } from './connect.ts';
import { describe } from './describe.ts';
import { examineIstio } from './examine-istio.ts';
import { findAddress } from './gateway-address.ts';
import { folderFor } from './start.ts';
import type { ClusterRequest } from './survey.ts';
import { findTools } from './tools.ts';

/**
 * Takes over the environment that `meshproof up` or `run --keep` has left in a cluster. Disposed of, it stays.
 *
 * @throws UsageError when there is none, or a command is at work on it
 */
export async function reuseCluster(request: ClusterRequest): Promise<EnvironmentHandle> {
  const { cluster: options, home, signal } = request;
  const { namespace } = options;
  const connection = await connect(options, signal);
  const kept = (await listClaims(connection)).find((each) => each.namespace === namespace && each.kept);
  if (kept?.contents === undefined) {
    throw new UsageError(`${connection.title} has no environment that is kept in ${namespace}`, {
      hint: 'Make one by "meshproof up --env cluster", or leave --reuse out.',
    });
  }
  if (await isAlive(connection, kept, signal)) {
    throw new UsageError(`somebody is at work on the environment in ${namespace} of ${connection.title}`, {
      hint: 'A gateway has one configuration at a time: wait for it to end.',
    });
  }
  const stopBeating = beat(connection, namespace, request.onBroken);
  const { placement, istioInstalled } = kept.contents;
  const [tools, servicesImage, facts, address] = await Promise.all([
    findTools({ ...request.request, ...request, ...options, installIstio: false }),
    imageOf(connection, kept),
    examineIstio(connection, placement),
    findAddress(connection, placement, options.gateway),
  ]);
  const run = folderFor(home, connection, namespace);
  await mkdir(join(run, 'logs'), { recursive: true });
  return {
    environment: describe({
      request,
      survey: { connection, tools, servicesImage },
      istio: { placement, facts, address },
      installed: istioInstalled,
      run,
      steps: [],
    }),
    run,
    inside: (command) => command,
    [Symbol.asyncDispose]: () => stopBeating(true),
  };
}

/** The image that the samples run: the collector has the same as all others. */
async function imageOf({ cluster }: Connection, { namespace }: Claim): Promise<string> {
  const [pod] = await readyPods(cluster, namespace, 'app=meshproof-collector');
  return pod.spec?.containers[0]?.image ?? '';
}
