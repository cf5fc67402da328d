import { GrpcWebClientBase, MethodDescriptor, MethodType, type RpcError } from 'grpc-web';
import { fromBase64, toBase64, type PageWork } from './call.ts';

/** Makes the call by gRPC's own library for browsers, which is built on XMLHttpRequest. */
export function byGrpcWeb({ call, reply, clock }: PageWork): Promise<void> {
  const { service, method, responseStream, mode } = call;
  const client = new GrpcWebClientBase({ format: mode, withCredentials: call.credentials });
  const path = `/${service}/${method}`;
  const type = responseStream ? MethodType.SERVER_STREAMING : MethodType.UNARY;
  const asItIs = (bytes: Uint8Array) => bytes;
  const descriptor = new MethodDescriptor<Uint8Array, Uint8Array>(
    path,
    type,
    Uint8Array,
    Uint8Array,
    asItIs,
    asItIs,
  );
  const metadata = {
    ...Object.fromEntries(call.metadata),
    ...(call.deadlineMs === undefined ? {} : { deadline: String(Date.now() + call.deadlineMs) }),
  };
  const request = [call.gateway + path, fromBase64(call.request), metadata, descriptor] as const;
  const received = (message: Uint8Array) => reply.messages.push({ atMs: clock(), base64: toBase64(message) });
  return new Promise((resolve) => {
    const failed = ({ code, message, metadata: trailers }: RpcError) => {
      reply.status = { code, message };
      reply.trailers = Object.entries(trailers);
      resolve();
    };
    const stream = responseStream
      ? client.serverStreaming(...request)
      : client.rpcCall(...request, (error, message) => {
          // Null on success, whatever the type says.
          if ((error as RpcError | null) !== null) {
            failed(error);
            return;
          }
          received(message);
          // The status of a success comes by itself, before or after the message.
          if (reply.status !== undefined) resolve();
        });
    stream.on('metadata', (initial) => (reply.initialMetadata = Object.entries(initial)));
    stream.on('status', (status) => {
      reply.status = { code: status.code, message: status.details };
      reply.trailers = Object.entries(status.metadata ?? {});
      if (status.code !== 0 || responseStream || reply.messages.length > 0) resolve();
    });
    if (!responseStream) return;
    stream.on('data', (message) => {
      received(message);
      if (reply.messages.length !== call.cancelAfter) return;
      stream.cancel();
      reply.status = { code: 1, message: 'cancelled by the page' };
      resolve();
    });
    stream.on('error', failed);
    stream.on('end', resolve);
  });
}
