import { z } from 'zod';
import { SetupError } from '../errors.ts';
import { callMetadata, userAgent, type CallIds } from './call-metadata.ts';
import type { GrpcGoInvocation } from './invocation.ts';
import { toldBy, untold } from './program-outcome.ts';
import { findMethod, type Method } from './protos.ts';
import type { RpcRecord } from './record.ts';
import { containersOf, portOf, type Target } from './target.ts';

const metadata = z
  .record(z.string(), z.array(z.string()))
  .nullable()
  .transform((values) => values ?? {});

/** What the client prints (src/toolchain/modules/grpc-go/main.go). Bytes are base64, values of `-bin` keys among them. */
const outcomeSchema = z.object({
  code: z.int(),
  message: z.string(),
  header: metadata,
  trailer: metadata,
  messages: z.array(z.object({ atMs: z.number(), body: z.base64() })),
  sentAtMs: z.array(z.number()),
  endedAtMs: z.number(),
});

/**
 * Makes one RPC with grpc-go, in a container on the cluster's network.
 *
 * @throws SetupError where there is no Docker, or the container's program says that it could not do its work
 */
export async function invokeGrpcGo(
  invocation: GrpcGoInvocation,
  target: Target,
  ids: CallIds,
  signal: AbortSignal,
): Promise<RpcRecord> {
  const method = findMethod(invocation.method);
  const startedAt = new Date().toISOString();
  const common = { kind: 'rpc', client: 'grpc-go', rpcId: ids.rpcId, startedAt } as const;
  const started = performance.now();
  const result = await containersOf(target).run(
    'grpc-go',
    ['/grpc-go', JSON.stringify(callOf(invocation, method, target, ids))],
    signal,
    invocation.enforceAlpn === false ? { GRPC_ENFORCE_ALPN_ENABLED: 'false' } : {},
  );
  if (result === undefined) {
    return { ...common, ...untold('grpc-go', started) };
  }
  if (result.exitCode !== 0) throw new SetupError(`the client of grpc-go failed: ${result.stderr.trim()}`);
  const seen = outcomeSchema.parse(JSON.parse(result.stdout));
  return { ...common, ...toldBy(seen, method) };
}

/** The call as the program takes it. */
function callOf(invocation: GrpcGoInvocation, method: Method, target: Target, ids: CallIds): object {
  const { transport, requests = [{}], serverName = '', trust } = invocation;
  const { gateway } = containersOf(target);
  return {
    address: `${gateway.address}:${portOf(gateway, invocation.listener ?? transport)}`,
    path: method.path,
    clientStream: method.requestStream,
    serverStream: method.responseStream,
    authority: invocation.authority ?? target.host,
    userAgent: userAgent(ids),
    metadata: callMetadata(ids, invocation.script, invocation.metadata),
    requests: requests.map((request) => method.requestSerialize(request).toString('base64')),
    deadlineMs: invocation.deadlineMs ?? 0,
    tls: transport === 'h2c' ? null : { serverName, ca: trust === 'public' ? '' : target.caPem },
  };
}
