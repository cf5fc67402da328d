import type { KubernetesObject } from '@kubernetes/client-node';
import { request } from 'undici';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { TIMEOUTS } from '../../timeouts.ts';
import { done, notYet, waitFor } from '../../waiting.ts';
import { readyPods } from '../mesh-view.ts';

/** Where a Gateway answers for which Istio has made a Deployment and a Service, and the pods of that. */
export interface OwnGateway {
  /** IP address; ports are those of its listeners. */
  readonly address: string;
  readonly pods: readonly string[];
}

/** The label of the pods that Istio makes for a Gateway; its value is the Gateway's name. */
export const OF_OWN_GATEWAY = 'gateway.networking.k8s.io/gateway-name';

/** Istio's Service for a Gateway has it beside the listeners' ports (istio, manifests/.../kube-gateway.yaml). */
const STATUS_PORT = 15021;

/** A Gateway, as far as it says where it is reached. */
interface Programmed extends KubernetesObject {
  readonly status?: {
    readonly addresses?: readonly { readonly value: string }[];
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
  };
}

/**
 * Waits until Istio says that a Gateway is programmed, which it does when the Service it has made has an address and the
 * Deployment a pod that is Ready (istio, pilot/pkg/config/kube/gateway/conversion.go, reportGatewayStatus),
 * and until its address leads there: kube-proxy learns of the pod beside istiod, and may be the later of the two.
 *
 * @throws WaitTimeoutError with what the Gateway's status says
 */
export async function findOwnGateway(
  cluster: Cluster,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<OwnGateway> {
  const header = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name, namespace },
  };
  return waitFor(
    {
      subject: `Gateway ${namespace}/${name} to be programmed`,
      deadlineMs: TIMEOUTS.rollout,
      intervalMs: 100,
      signal,
    },
    async () => {
      const { status = {} } = await cluster.objects.read<Programmed>(header);
      const programmed = status.conditions?.find(({ type }) => type === 'Programmed');
      const address = status.addresses?.[0]?.value;
      if (programmed?.status !== 'True' || address === undefined)
        return notYet(programmed?.message ?? 'its status says nothing');
      // The status may still be that of pods which are gone: then this fails, and is tried again.
      const pods = await readyPods(cluster, namespace, `${OF_OWN_GATEWAY}=${name}`);
      const { statusCode, body } = await request(`http://${address}:${STATUS_PORT}/healthz/ready`, {
        headers: { connection: 'close' },
        headersTimeout: TIMEOUTS.singleTry,
      });
      await body.dump();
      if (statusCode !== 200) return notYet(`HTTP ${statusCode} from ${address}:${STATUS_PORT}`);
      return done({ address, pods: pods.map(({ metadata }) => metadata?.name ?? '') });
    },
  );
}
