import { Client, credentials } from '@grpc/grpc-js';
import { userAgent, type CallIds } from './call-metadata.ts';
import { Course } from './course.ts';
import { GrpcJsRpc } from './grpc-js-rpc.ts';
import type { GrpcJsInvocation } from './invocation.ts';
import type { RpcRecord } from './record.ts';
import { clientPairOf, hostOf, portOf, type Target } from './target.ts';

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
  course = Course.unfollowed(),
): Promise<RpcRecord[]> {
  const first = ids[0];
  if (first === undefined) return [];
  const client = openClient(invocation, target, userAgent(first));
  try {
    const rpc = (each: CallIds) => new GrpcJsRpc(invocation, client, each, signal, course).run();
    if (invocation.connectFirst === true) await connected(client, invocation.deadlineMs);
    const { callIntervalMs } = invocation;
    if (callIntervalMs !== undefined) return await overlapping(ids, callIntervalMs, rpc);
    return await inLanes(ids, invocation.lanes ?? 1, rpc);
  } finally {
    client.close();
  }
}

/** Each lane makes one RPC after another, the first that none has begun yet. */
async function inLanes(
  ids: readonly CallIds[],
  lanes: number,
  rpc: (ids: CallIds) => Promise<RpcRecord>,
): Promise<RpcRecord[]> {
  const records: RpcRecord[] = [];
  const queue = ids.entries();
  const lane = async () => {
    for (const [at, each] of queue) records[at] = await rpc(each);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return records;
}

/** Starts each RPC at its time, whatever has become of those before. */
const overlapping = (
  ids: readonly CallIds[],
  intervalMs: number,
  rpc: (ids: CallIds) => Promise<RpcRecord>,
): Promise<RpcRecord[]> =>
  Promise.all(
    ids.map(async (each, i) => {
      await new Promise((resolve) => setTimeout(resolve, i * intervalMs));
      return rpc(each);
    }),
  );

/** A channel as an invocation wants it, which the caller closes. */
export function openClient(invocation: GrpcJsInvocation, target: Target, agent: string): Client {
  const authority = invocation.authority ?? target.host;
  const name = invocation.serverName ?? hostOf(authority);
  const pair = clientPairOf(target, invocation.clientCertificate);
  return new Client(
    `${target.address}:${portOf(target, invocation.listener ?? invocation.transport)}`,
    invocation.transport === 'tls'
      ? credentials.createSsl(
          invocation.trust === 'public' ? null : Buffer.from(target.caPem),
          pair === undefined ? null : Buffer.from(pair.key),
          pair === undefined ? null : Buffer.from(pair.certificate),
        )
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
