import { type Claim, isAlive, listClaims } from '../environments/cluster/claim.ts';
import { type Connection, connect } from '../environments/cluster/connect.ts';
import type { ClusterOptions } from '../environments/cluster/options.ts';
import { removeClaim } from '../environments/cluster/remove.ts';
import { folderFor } from '../environments/cluster/start.ts';
import { findTools } from '../environments/cluster/tools.ts';
import { EXIT, UsageError } from '../errors.ts';
import { rm } from 'node:fs/promises';
import { meshproofHome } from '../paths.ts';
import { type Output, printJson } from './output.ts';

/** `meshproof status --env cluster`: what of ours is in a cluster. */
export async function clusterStatus(
  options: ClusterOptions,
  json: boolean,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const connection = await connect(options, signal);
  const claims = await listClaims(connection);
  const found = await Promise.all(
    claims.map(async ({ holder, ...claim }) => ({
      namespace: claim.namespace,
      madeBy: holder,
      state: await stateOf(connection, { ...claim, holder }, signal),
      placement: claim.contents?.placement ?? null,
      istioInstalled: claim.contents?.istioInstalled ?? false,
    })),
  );
  if (json) {
    printJson(output, { cluster: connection.title, environments: found });
    return EXIT.conformant;
  }
  if (found.length === 0) output.out.write(`Nothing of meshproof's is in ${connection.title}.\n`);
  for (const { namespace, state, madeBy } of found)
    output.out.write(`${namespace}  ${state}  made by ${madeBy}\n`);
  return EXIT.conformant;
}

async function stateOf(connection: Connection, claim: Claim, signal: AbortSignal): Promise<string> {
  if (await isAlive(connection, claim, signal)) return 'in use';
  return claim.kept ? 'kept' : 'left by a killed run';
}

/**
 * `meshproof down --env cluster`: removes what of ours is in a cluster.
 *
 * @throws UsageError when a command is at work in it
 */
export async function clusterDown(
  options: ClusterOptions,
  json: boolean,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const home = meshproofHome();
  const connection = await connect(options, signal);
  const claims = await listClaims(connection);
  const installIstio = claims.some(({ contents }) => contents?.istioInstalled === true);
  const { bin } = await findTools({
    home,
    progress: output.progress,
    signal,
    images: 'auto',
    ...options,
    installIstio,
  });
  if (bin !== '') process.env.PATH = `${bin}:${process.env.PATH ?? ''}`;
  for (const claim of claims) {
    if (await isAlive(connection, claim, signal)) {
      throw new UsageError(
        `${claim.holder} is at work in ${connection.title}, in the namespace ${claim.namespace}`,
        {
          hint: 'Wait for it to end, or end it: it removes what it made.',
        },
      );
    }
    const activity = output.progress.begin(`Removing ${claim.namespace} and what goes with it`);
    await removeClaim(connection, claim);
    await rm(folderFor(home, connection, claim.namespace), { recursive: true, force: true });
    activity.done();
  }
  if (json) printJson(output, { removed: claims.map(({ namespace }) => namespace) });
  else if (claims.length === 0) output.out.write(`Nothing of meshproof's is in ${connection.title}.\n`);
  return EXIT.conformant;
}
