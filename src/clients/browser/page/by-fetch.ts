import { fromBase64, toBase64, type PageCall, type PageWork } from './call.ts';

/** Makes the call by fetch alone, and keeps the pieces of the body as they come: nothing is between it and the browser. */
export async function byFetch({ call, reply, clock }: PageWork): Promise<void> {
  const type = `application/grpc-web${call.mode === 'text' ? '-text' : ''}+proto`;
  const given = new AbortController();
  const deadline = call.deadlineMs === undefined ? [] : [AbortSignal.timeout(call.deadlineMs)];
  const response = await fetch(`${call.gateway}/${call.service}/${call.method}`, {
    method: 'POST',
    headers: [
      ['content-type', type],
      ['accept', type],
      ['x-grpc-web', '1'],
      ['x-user-agent', 'meshproof-page'],
      ...(call.deadlineMs === undefined ? [] : [['grpc-timeout', `${call.deadlineMs}m`] as [string, string]]),
      ...call.metadata.map(([key, value]): [string, string] => [key, value]),
    ],
    body: bodyOf(call),
    credentials: call.credentials ? 'include' : 'omit',
    signal: AbortSignal.any([given.signal, ...deadline]),
  });
  reply.head = { status: response.status, headers: [...response.headers] };
  const body = response.body?.getReader();
  for (;;) {
    const piece = await body?.read();
    if (piece === undefined || piece.done) return;
    reply.pieces.push({ atMs: clock(), base64: toBase64(piece.value as Uint8Array) });
    if (reply.pieces.length === call.cancelAfter) given.abort();
  }
}

/** The request message as a gRPC-Web frame: one flag byte and a 4-byte big-endian length stand before it. */
function bodyOf({ request, mode }: PageCall): Uint8Array<ArrayBuffer> | string {
  const message = fromBase64(request);
  const frame = new Uint8Array(5 + message.length);
  new DataView(frame.buffer).setUint32(1, message.length);
  frame.set(message, 5);
  return mode === 'text' ? toBase64(frame) : frame;
}
