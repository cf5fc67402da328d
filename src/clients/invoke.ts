import { invokeBrowser } from './browser/invoke.ts';
import type { CallIds } from './call-metadata.ts';
import { Course } from './course.ts';
import { invokeGrpcGo } from './grpc-go.ts';
import { invokeGrpcJs } from './grpc-js.ts';
import { invokeGrpcWeb } from './grpc-web.ts';
import { invokeGrpcurl } from './grpcurl.ts';
import type { ClientInvocation } from './invocation.ts';
import { invokePlainHttp } from './plain-http.ts';
import { invokePod } from './pod.ts';
import type { ClientRecord } from './record.ts';
import type { Target } from './target.ts';
import { invokeTls } from './tls.ts';

/** How many RPCs, or exchanges, an invocation makes. */
export const callCount = (invocation: ClientInvocation): number =>
  'calls' in invocation ? (invocation.calls ?? 1) : 1;

/**
 * Has the real client do what the invocation says. Judges nothing: whatever the client met is in its record.
 *
 * @param ids one for each of {@link callCount}
 * @param signal gives up when aborted; the record then says so
 * @param course is told how far the RPCs are, and when they may end; default: nobody asks, and they may at once
 * @returns one record for each of `ids`, in order
 * @throws SetupError when the client itself is not there
 */
export async function invoke(
  invocation: ClientInvocation,
  target: Target,
  ids: readonly CallIds[],
  signal: AbortSignal,
  course = Course.unfollowed(),
): Promise<ClientRecord[]> {
  if (invocation.client === 'grpc-js') return invokeGrpcJs(invocation, target, ids, signal, course);
  if (invocation.client === 'pod') return invokePod(invocation, target, ids, signal, course);
  if (invocation.client === 'browser') return invokeBrowser(invocation, target, ids, signal);
  const records: ClientRecord[] = [];
  for (const each of ids) {
    switch (invocation.client) {
      case 'grpc-go':
        records.push(await invokeGrpcGo(invocation, target, each, signal));
        break;
      case 'grpc-web':
        records.push(await invokeGrpcWeb(invocation, target, each, signal));
        break;
      case 'grpcurl':
        records.push(await invokeGrpcurl(invocation, target, each, signal));
        break;
      case 'tls':
        records.push(await invokeTls(invocation, target, each, signal));
        break;
      case 'http':
        records.push(await invokePlainHttp(invocation, target, each, signal));
        break;
    }
    course.over(each.rpcId);
  }
  return records;
}
