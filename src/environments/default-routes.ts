import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { TestAuthority } from '../certificates/authority.ts';
import { invokeGrpcJs } from '../clients/grpc-js.ts';
import type { Target, Transport } from '../clients/target.ts';
import { applyObjects } from '../kubernetes/apply.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { render } from '../kubernetes/manifests.ts';
import { TIMEOUTS } from '../timeouts.ts';
import { done, notYet, waitFor } from '../waiting.ts';
import type { GatewayAddress } from './environment.ts';
import { ours } from './ours.ts';
import { AS_WRITTEN, type Placement, place } from './placement.ts';
import { GATEWAY_HOST, manifestFolder, tlsSecret } from './samples.ts';

/**
 * Gives a mesh what `meshproof up` promises: a certificate of a test CA, the Gateway, and routes to every
 * sample service.
 *
 * @param caFile where the CA's certificate is written for clients to trust
 */
export async function applyDefaultRoutes(
  cluster: Cluster,
  caFile: string,
  placement: Placement,
): Promise<string> {
  const authority = await TestAuthority.create();
  await writeFile(caFile, authority.pem);
  const pair = await authority.issue({ names: [GATEWAY_HOST] });
  const objects = await render({ resources: [manifestFolder('default')], namespace: AS_WRITTEN.samples });
  await applyObjects(cluster, ours('configuration', place([tlsSecret(pair), ...objects], placement)));
  return authority.pem;
}

/** Waits until a Greeter RPC on a fresh connection is answered OK over `transport`. */
export async function waitForGoodRpc(
  gateway: GatewayAddress,
  ca: { pem: string; file: string },
  transport: Transport,
  signal: AbortSignal,
): Promise<void> {
  const target: Target = { ...gateway, caPem: ca.pem, caFile: ca.file, host: GATEWAY_HOST };
  await waitFor(
    { subject: `a good RPC over ${transport} through the gateway`, deadlineMs: TIMEOUTS.convergence, signal },
    async (trySignal) => {
      const [record] = await invokeGrpcJs(
        {
          client: 'grpc-js',
          transport,
          method: 'mypackage.Greeter/SayHello',
          deadlineMs: TIMEOUTS.singleTry,
        },
        target,
        [{ caseName: 'readiness', rpcId: randomUUID() }],
        trySignal,
      );
      if (record?.status?.name === 'OK') return done(undefined);
      return notYet(
        record?.status ? `${record.status.name} ${record.status.details}` : (record?.error ?? 'no answer'),
      );
    },
  );
}
