import { messageOf } from '../errors.ts';
import { callMetadata, userAgent, type CallIds } from './call-metadata.ts';
import { FramingError, encodeMessage } from './grpc-web-framing.ts';
import { ReplyReader } from './grpc-web-reply.ts';
import type { GrpcWebInvocation } from './invocation.ts';
import { headerEntries, receivedMetadata } from './metadata.ts';
import { findMethod, type Method } from './protos.ts';
import type { ReceivedStatus, RpcRecord } from './record.ts';
import { openUndici } from './undici-connection.ts';
import type { Target } from './target.ts';

/** Makes one gRPC-Web RPC by undici. */
export async function invokeGrpcWeb(
  invocation: GrpcWebInvocation,
  target: Target,
  ids: CallIds,
  signal: AbortSignal,
): Promise<RpcRecord> {
  const started = performance.now();
  const startedAt = new Date().toISOString();
  const clock = () => performance.now() - started;
  const method = findMethod(invocation.method);
  const reader = new ReplyReader(method);
  const deadline =
    invocation.deadlineMs === undefined ? undefined : AbortSignal.timeout(invocation.deadlineMs);
  const ended = AbortSignal.any([signal, ...(deadline ? [deadline] : [])]);
  let status: ReceivedStatus | undefined;
  try {
    await exchange(invocation, target, ids, ended, clock, method, reader);
    status = reader.end();
  } catch (error) {
    if (deadline?.aborted === true) {
      status = { name: 'DEADLINE_EXCEEDED', details: 'the deadline passed at the client', from: 'client' };
    } else if (!signal.aborted) {
      status = clientStatus(error);
    }
  }
  return {
    kind: 'rpc',
    client: 'grpc-web',
    rpcId: ids.rpcId,
    startedAt,
    ...(status === undefined ? { error: 'no status: the harness gave up on the RPC' } : { status }),
    ...reader.learned,
    sentAtMs: [0],
    endedAtMs: clock(),
  };
}

/** What cannot be read is INTERNAL; what cannot be reached, or breaks off, is UNAVAILABLE. */
export function clientStatus(error: unknown): ReceivedStatus {
  const name = error instanceof FramingError ? 'INTERNAL' : 'UNAVAILABLE';
  return { name, details: messageOf(error), from: 'client' };
}

async function exchange(
  invocation: GrpcWebInvocation,
  target: Target,
  ids: CallIds,
  signal: AbortSignal,
  clock: () => number,
  method: Method,
  reader: ReplyReader,
): Promise<void> {
  const authority = invocation.authority ?? target.host;
  const body = encodeMessage(method.requestSerialize(invocation.requests?.[0] ?? {}));
  const text = invocation.mode === 'text';
  const contentType = invocation.contentType ?? webContentType(invocation.mode);
  await using connection = openUndici(target, invocation.transport, invocation.http, authority);
  const reply = await connection.client.request({
    method: 'POST',
    path: method.path,
    headers: [
      ...Object.entries({
        host: authority,
        'content-type': contentType,
        accept: invocation.accept ?? contentType,
        'x-grpc-web': '1',
        'x-user-agent': userAgent(ids),
        'user-agent': userAgent(ids),
        ...(invocation.deadlineMs === undefined ? {} : { 'grpc-timeout': `${invocation.deadlineMs}m` }),
      }),
      ...callMetadata(ids, invocation.script, invocation.metadata),
    ].flat(),
    body: text ? body.toString('base64') : body,
    signal,
  });
  reader.head(reply.statusCode, receivedMetadata(headerEntries(reply.headers)), connection.alpn());
  for await (const piece of reply.body as AsyncIterable<Buffer>) reader.push(clock(), piece);
}

/** The content-type of a gRPC-Web request. */
const webContentType = (mode: GrpcWebInvocation['mode']): string =>
  `application/grpc-web${mode === 'text' ? '-text' : ''}+proto`;
