import { request } from 'undici';
import type { PodCallers } from '../clients/target.ts';
import { SetupError } from '../errors.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { openTunnel } from '../kubernetes/port-forward.ts';
import { readyPods } from './mesh-view.ts';
import type { Placement } from './placement.ts';

/** Where a caller is told what to do (services/caller.ts). */
const CONTROL_PORT = 50053;

/**
 * The callers among the sample services. They are told through the API server, whatever the mesh would have said to
 * it: a tunnel ends in the pod's own network, behind its sidecar.
 */
export const podCallers = (cluster: Cluster, { samples }: Placement): PodCallers => ({
  call: async (deployment, call, signal) => {
    const [pod] = await readyPods(cluster, samples, `app=${deployment}`);
    await using tunnel = await openTunnel(cluster, samples, pod.metadata?.name ?? '', CONTROL_PORT);
    try {
      const { statusCode, body } = await request(`http://127.0.0.1:${tunnel.port}/call`, {
        method: 'POST',
        body: JSON.stringify(call),
        headers: { connection: 'close' },
        // How long RPCs may take is said by the signal alone.
        headersTimeout: 0,
        bodyTimeout: 0,
        signal,
      });
      const text = await body.text();
      if (statusCode === 200) return JSON.parse(text) as unknown;
      throw new SetupError(`the caller ${deployment} answered HTTP ${statusCode}: ${text}`);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (error instanceof SetupError) throw error;
      throw new SetupError(`the caller ${deployment} cannot be told what to do`, {
        hint: `Is the pod ${pod.metadata?.name ?? ''} well?`,
        cause: error,
      });
    }
  },
});
