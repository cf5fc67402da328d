import { Client, credentials } from '@grpc/grpc-js';
import { userAgent, type CallIds } from './call-metadata.ts';
import { GrpcJsRpc } from './grpc-js-rpc.ts';
import type { GrpcJsInvocation } from './invocation.ts';
import type { RpcRecord } from './record.ts';
import { hostOf, portOf, type Target } from './target.ts';

/**
 * Makes the RPCs of an invocation, one after another if it says nothing else, on one fresh channel, with retries of the client's own
 * switched off: what is retried is retried by the gateway.
 *
 * @param ids one for each RPC
 * @returns one record for each of `ids`, in order; a failed RPC is a record like any other
 */
export async function invokeGrpcJs(
  invocation: GrpcJsInvocation,
  target: Target,
  ids: readonly CallIds[],
  signal: AbortSignal,
): Promise<RpcRecord[]> {
  const first = ids[0];
  if (first === undefined) return [];
  const client = openClient(invocation, target, userAgent(first));
  try {
    if (invocation.connectFirst === true) await connected(client, invocation.deadlineMs);
    const { callIntervalMs } = invocation;
    if (callIntervalMs !== undefined)
      return await overlapping(invocation, client, ids, signal, callIntervalMs);
    const records: RpcRecord[] = [];
    for (const each of ids) records.push(await new GrpcJsRpc(invocation, client, each, signal).run());
    return records;
  } finally {
    client.close();
  }
}

/** Starts each RPC at its time, whatever has become of those before. */
const overlapping = (
  invocation: GrpcJsInvocation,
  client: Client,
  ids: readonly CallIds[],
  signal: AbortSignal,
  intervalMs: number,
): Promise<RpcRecord[]> =>
  Promise.all(
    ids.map(async (each, i) => {
      await new Promise((resolve) => setTimeout(resolve, i * intervalMs));
      return new GrpcJsRpc(invocation, client, each, signal).run();
    }),
  );

function openClient(invocation: GrpcJsInvocation, target: Target, agent: string): Client {
  const authority = invocation.authority ?? target.host;
  const name = invocation.serverName ?? hostOf(authority);
  return new Client(
    `${target.address}:${portOf(target, invocation.listener ?? invocation.transport)}`,
    invocation.transport === 'tls'
      ? credentials.createSsl(invocation.trust === 'public' ? null : Buffer.from(target.caPem))
      : credentials.createInsecure(),
    {
      'grpc.default_authority': authority,
      ...(invocation.transport === 'tls' ? { 'grpc.ssl_target_name_override': name } : {}),
      'grpc.enable_retries': 0,
      // Subchannels are shared by default: a case would then inherit another one's connection.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_http_proxy': 0,
      'grpc.service_config_disable_resolution': 1,
      'grpc.primary_user_agent': agent,
      ...invocation.channelOptions,
    },
  );
}

/** Waits for the connection; when there is none in time, the RPC itself shall say why. */
const connected = (client: Client, deadlineMs = 5_000): Promise<void> =>
  new Promise((resolve) => {
    client.waitForReady(Date.now() + deadlineMs, () => {
      resolve();
    });
  });
