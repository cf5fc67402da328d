import { SetupError } from '../../errors.ts';
import type { Connection } from './connect.ts';

/**
 * The label by which a team says that a cluster is there to be tested, on the namespace `default`: every cluster has
 * it, and unlike kube-system it may be labelled where the provider keeps the control plane to itself.
 */
const FIT = { namespace: 'default', key: 'meshproof.dev/fit', value: 'true' } as const;

/**
 * Makes sure that the cluster may be used.
 *
 * @throws SetupError with the command that allows it
 */
export async function refuseUnlabelled({ cluster, title }: Connection): Promise<void> {
  const { metadata } = await cluster.core.readNamespace({ name: FIT.namespace }).catch((error: unknown) => {
    throw new SetupError(
      `the namespace ${FIT.namespace} of ${title}, which says what the cluster is for, cannot be read`,
      {
        cause: error,
      },
    );
  });
  if (metadata?.labels?.[FIT.key] === FIT.value) return;
  const command = ['kubectl', ...cluster.kubectlArguments, 'label', 'namespace', FIT.namespace];
  throw new SetupError(`the cluster ${title} is not marked as one that meshproof may use`, {
    hint: `Mark it once by "${command.join(' ')} ${FIT.key}=${FIT.value}", or give --allow-unlabelled this time.`,
  });
}
