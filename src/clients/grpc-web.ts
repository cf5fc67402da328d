import { StringDecoder } from 'node:string_decoder';
import { messageOf } from '../errors.ts';
import { callMetadata, userAgent, type CallIds } from './call-metadata.ts';
import { statusName, statusOfHttp } from './grpc-status.ts';
import { Base64Decoder, FrameDecoder, FramingError, encodeMessage } from './grpc-web-framing.ts';
import type { GrpcWebInvocation } from './invocation.ts';
import { receivedMessage } from './messages.ts';
import { headerEntries, receivedMetadata, type ReceivedMetadata } from './metadata.ts';
import { findMethod } from './protos.ts';
import type { ReceivedMessage, ReceivedStatus, RpcRecord } from './record.ts';
import { openUndici } from './undici-connection.ts';
import type { Target } from './target.ts';

/** What has been learned of an RPC so far; it survives the failure that ends it. */
interface Progress {
  http?: { status: number; contentType: string; alpn: string };
  initialMetadata: ReceivedMetadata;
  trailers: ReceivedMetadata;
  readonly messages: ReceivedMessage[];
}

/**
 * Makes one gRPC-Web RPC by undici. A reply counts as complete only with a trailers frame, or with the status among
 * its headers: undici reports some resets as a clean end of the body.
 */
export async function invokeGrpcWeb(
  invocation: GrpcWebInvocation,
  target: Target,
  ids: CallIds,
  signal: AbortSignal,
): Promise<RpcRecord> {
  const started = performance.now();
  const startedAt = new Date().toISOString();
  const clock = () => performance.now() - started;
  const progress: Progress = { initialMetadata: {}, trailers: {}, messages: [] };
  const deadline =
    invocation.deadlineMs === undefined ? undefined : AbortSignal.timeout(invocation.deadlineMs);
  let status: ReceivedStatus | undefined;
  try {
    status = await exchange(
      invocation,
      target,
      ids,
      AbortSignal.any([signal, ...(deadline ? [deadline] : [])]),
      clock,
      progress,
    );
  } catch (error) {
    if (deadline?.aborted === true) {
      status = { name: 'DEADLINE_EXCEEDED', details: 'the deadline passed at the client', from: 'client' };
    } else if (!signal.aborted) {
      // What cannot be read is INTERNAL; what cannot be reached, or breaks off, is UNAVAILABLE.
      const name = error instanceof FramingError ? 'INTERNAL' : 'UNAVAILABLE';
      status = { name, details: messageOf(error), from: 'client' };
    }
  }
  return {
    kind: 'rpc',
    client: 'grpc-web',
    rpcId: ids.rpcId,
    startedAt,
    ...(status === undefined ? { error: 'no status: the harness gave up on the RPC' } : { status }),
    ...progress,
    sentAtMs: [0],
    endedAtMs: clock(),
  };
}

async function exchange(
  invocation: GrpcWebInvocation,
  target: Target,
  ids: CallIds,
  signal: AbortSignal,
  clock: () => number,
  progress: Progress,
): Promise<ReceivedStatus> {
  const authority = invocation.authority ?? target.host;
  const method = findMethod(invocation.method);
  const body = encodeMessage(method.requestSerialize(invocation.requests?.[0] ?? {}));
  const text = invocation.mode === 'text';
  const contentType = invocation.contentType ?? `application/grpc-web${text ? '-text' : ''}+proto`;
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
  const headers = receivedMetadata(headerEntries(reply.headers));
  const replyType = headers['content-type']?.[0] ?? '';
  progress.http = { status: reply.statusCode, contentType: replyType, alpn: connection.alpn() };
  if (headers['grpc-status'] !== undefined) {
    await reply.body.dump();
    // Nothing but the end was sent, so that all of it is trailing metadata, as native gRPC has it.
    progress.trailers = headers;
    return statusFrom(headers, 'headers');
  }
  progress.initialMetadata = headers;
  if (reply.statusCode !== 200 || !replyType.startsWith('application/grpc-web')) {
    const said = (await reply.body.text()).slice(0, 200);
    return {
      name: statusOfHttp(reply.statusCode),
      details: `HTTP status ${reply.statusCode} without grpc-status${said === '' ? '' : `: ${said}`}`,
      from: 'HTTP status',
    };
  }
  const frames = new FrameDecoder();
  const pieces = replyType.startsWith('application/grpc-web-text') ? new TextBody() : new BinaryBody();
  for await (const chunk of reply.body as AsyncIterable<Buffer>) {
    for (const frame of frames.push(pieces.decode(chunk))) {
      if (frame.kind === 'trailers') progress.trailers = receivedMetadata(pairs(frame.trailers));
      else progress.messages.push(receivedMessage(clock(), method.responseDeserialize(frame.data)));
    }
  }
  pieces.end();
  frames.end();
  if (progress.trailers['grpc-status'] === undefined) {
    throw new FramingError('the reply ended without a trailers frame that carries grpc-status');
  }
  return statusFrom(progress.trailers, 'trailers frame');
}

class BinaryBody {
  decode(chunk: Buffer): Buffer {
    return chunk;
  }

  end(): void {
    // A binary body has no groups of its own that could be cut.
  }
}

class TextBody {
  readonly #characters = new StringDecoder('latin1');
  readonly #base64 = new Base64Decoder();

  decode(chunk: Buffer): Buffer {
    return this.#base64.push(this.#characters.write(chunk));
  }

  end(): void {
    this.#base64.end();
  }
}

const pairs = (values: ReceivedMetadata) =>
  Object.entries(values).flatMap(([key, each]) => each.map((value) => [key, value] as const));

function statusFrom(metadata: ReceivedMetadata, from: 'headers' | 'trailers frame'): ReceivedStatus {
  const code = metadata['grpc-status']?.[0] ?? '';
  const message = metadata['grpc-message']?.[0] ?? '';
  if (!/^\d+$/.test(code)) throw new FramingError(`grpc-status is no number: ${JSON.stringify(code)}`);
  return { name: statusName(Number(code)), details: percentDecoded(message), from };
}

/** grpc-message is percent-encoded UTF-8; what is no such encoding is taken as it stands (gRPC's `PROTOCOL-HTTP2.md`). */
function percentDecoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
