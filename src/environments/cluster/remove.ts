import { execa } from 'execa';
import { deleteObjects } from '../../kubernetes/apply.ts';
import { CONFIGURATION_KINDS, listOurs } from '../ours.ts';
import type { Claim } from './claim.ts';
import type { Connection } from './connect.ts';
import { uninstallIstio } from './install.ts';
import { removeNamespace } from './namespace.ts';
import { putBack } from './set-aside.ts';

/**
 * Removes everything that a run has made in a cluster: what it put beside the gateway, Istio where it installed it,
 * and at last the namespace of the samples with all that is in it.
 *
 * @throws HarnessError when something stays; another call goes on from there
 */
export async function removeClaim(connection: Connection, { namespace, contents }: Claim): Promise<void> {
  const { cluster } = connection;
  if (contents !== undefined) {
    const { gateway, control } = contents.placement;
    const elsewhere = [...new Set([gateway, control])].filter((each) => each !== namespace);
    await deleteObjects(cluster, await listOurs(cluster, elsewhere, await knownKinds(connection)));
    if (contents.istioInstalled) await uninstallIstio(connection);
    else await putBack(connection, namespace);
  }
  await removeNamespace(connection, namespace);
}

/** Of the kinds that may be ours, those that the API server knows: without Istio it knows few. */
async function knownKinds({ cluster }: Connection): Promise<string[]> {
  const { stdout } = await execa('kubectl', [
    ...[...cluster.kubectlArguments, 'api-resources', '--verbs=list', '--output=name'],
  ]);
  const known = new Set(stdout.split('\n'));
  return CONFIGURATION_KINDS.filter((kind) => known.has(kind));
}
