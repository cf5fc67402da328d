import { z } from 'zod';
import { callMetadata, type CallIds } from './call-metadata.ts';
import type { Course } from './course.ts';
import type { PodInvocation } from './invocation.ts';
import { toldBy, untold } from './program-outcome.ts';
import { findMethod } from './protos.ts';
import type { RpcRecord } from './record.ts';
import { callersOf, type Target } from './target.ts';

const metadata = z.record(z.string(), z.array(z.string()));

/** What a caller answers (services/caller-contract.ts). Bytes are base64, values of `-bin` keys among them. */
const answerSchema = z.object({
  outcomes: z.array(
    z.object({
      startedAt: z.string(),
      code: z.int(),
      message: z.string(),
      header: metadata,
      trailer: metadata,
      messages: z.array(z.object({ atMs: z.number(), body: z.base64() })),
      sentAtMs: z.array(z.number()),
      endedAtMs: z.number(),
      peerIdentity: z.string(),
    }),
  ),
});

/**
 * Has a program in a pod of the mesh make the RPCs of an invocation, on one fresh channel.
 *
 * @param ids one for each RPC
 * @returns one record for each of `ids`, in order
 * @throws SetupError where no such pod answers
 */
export async function invokePod(
  invocation: PodInvocation,
  target: Target,
  ids: readonly CallIds[],
  signal: AbortSignal,
  course: Course,
): Promise<RpcRecord[]> {
  const method = findMethod(invocation.method);
  const common = { kind: 'rpc', client: 'pod' } as const;
  const { warmUpCalls = 0 } = invocation;
  const startedAt = new Date().toISOString();
  const started = performance.now();
  const answer = await callersOf(target).call(
    invocation.from,
    {
      target: invocation.target,
      path: method.path,
      authority: invocation.authority ?? '',
      requests: (invocation.requests ?? [{}]).map((each) => method.requestSerialize(each).toString('base64')),
      calls: [
        ...Array.from({ length: warmUpCalls }, () => []),
        ...ids.map((each) => callMetadata(each, invocation.script, invocation.metadata)),
      ],
      intervalMs: invocation.callIntervalMs ?? 0,
      deadlineMs: invocation.deadlineMs ?? 0,
    },
    signal,
  );
  for (const { rpcId } of ids) course.over(rpcId);
  if (answer === undefined) {
    return ids.map(({ rpcId }) => ({ ...common, rpcId, startedAt, ...untold('the caller', started) }));
  }
  return answerSchema
    .parse(answer)
    .outcomes.slice(warmUpCalls)
    .map((outcome, i) => ({
      ...common,
      rpcId: ids[i]?.rpcId ?? '',
      startedAt: outcome.startedAt,
      ...toldBy(outcome, method),
      peerIdentity: outcome.peerIdentity,
    }));
}
