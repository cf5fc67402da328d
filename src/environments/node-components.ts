import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import { SetupError } from '../errors.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { TIMEOUTS } from '../timeouts.ts';
import { done, notYet, waitFor } from '../waiting.ts';
import type { Environment, NodeComponent } from './environment.ts';
import { RESTARTED } from './local/restart-requests.ts';

/**
 * Restarts a component of the node, and returns when it has been started anew and the kubelet answers that it is well.
 *
 * @throws SetupError where the environment cannot, or it failed
 * @throws WaitTimeoutError when the kubelet does not answer
 */
export async function restartNodeComponent(
  { nodeControl }: Pick<Environment, 'nodeControl'>,
  cluster: Cluster,
  component: NodeComponent,
  signal: AbortSignal,
): Promise<void> {
  if (nodeControl === undefined) throw new SetupError(`the environment cannot restart ${component}`);
  if ('socket' in nodeControl) await askOwner(nodeControl.socket, component, signal);
  else {
    const command = ['exec', nodeControl.container, 'systemctl', 'restart', component];
    const asked = await execa('docker', command, { reject: false, all: true, cancelSignal: signal });
    if (asked.failed) throw new SetupError(`${component} could not be restarted: ${asked.all}`);
  }
  await waitForKubelet(cluster, signal);
}

async function askOwner(socket: string, component: NodeComponent, signal: AbortSignal): Promise<void> {
  const connection = connect({ path: socket, signal });
  connection.write(`${component}\n`);
  const answer = (await text(connection)).trim();
  if (answer !== RESTARTED) throw new SetupError(`${component} could not be restarted: ${answer}`);
}

/** By way of the API server, as `kubectl logs` comes to it: what answers there is the kubelet that runs now. */
async function waitForKubelet(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const [node] = (await cluster.core.listNode()).items;
  const name = node?.metadata?.name ?? '';
  await waitFor(
    { subject: `the kubelet of ${name} to answer`, deadlineMs: TIMEOUTS.componentReady, signal },
    async () => {
      const health = await cluster.core.connectGetNodeProxyWithPath({ name, path: 'healthz' });
      return health === 'ok' ? done(undefined) : notYet(health);
    },
  );
}
