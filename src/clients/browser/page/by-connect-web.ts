import { create, createFileRegistry, fromBinary, toBinary, type DescMethod } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, file_google_protobuf_empty } from '@bufbuild/protobuf/wkt';
import { ConnectError } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { fromBase64, toBase64, type PageCall, type PageWork } from './call.ts';

/** Makes the call by Connect's library, which is built on fetch and knows binary mode alone. */
export async function byConnectWeb(work: PageWork): Promise<void> {
  const { call, reply, clock } = work;
  const transport = createGrpcWebTransport({
    baseUrl: call.gateway,
    fetch: (input, init) => fetch(input, { ...init, credentials: call.credentials ? 'include' : 'omit' }),
  });
  const method = methodOf(call);
  const message = fromBinary(method.input, fromBase64(call.request));
  const given = new AbortController();
  const metadata = call.metadata.map(([key, value]): [string, string] => [key, value]);
  try {
    const response = call.responseStream
      ? await transport.stream(
          method as DescMethod & { methodKind: 'server_streaming' },
          given.signal,
          call.deadlineMs,
          metadata,
          once(message),
        )
      : await transport.unary(
          method as DescMethod & { methodKind: 'unary' },
          given.signal,
          call.deadlineMs,
          metadata,
          message,
        );
    reply.initialMetadata = [...response.header];
    for await (const each of response.stream ? response.message : once(response.message)) {
      reply.messages.push({ atMs: clock(), base64: toBase64(toBinary(method.output, each)) });
      if (reply.messages.length === call.cancelAfter) given.abort();
    }
    reply.trailers = [...response.trailer];
    reply.status = { code: 0, message: '' };
  } catch (error) {
    const failure = ConnectError.from(error);
    reply.status = { code: failure.code, message: failure.rawMessage };
    // The library puts headers and trailers of a failed call into one.
    reply.trailers = [...failure.metadata];
  }
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield await Promise.resolve(value);
}

/**
 * The method with google.protobuf.Empty on both sides. The library keeps fields that it does not know, so messages pass
 * through as they are.
 */
function methodOf({ service, method, responseStream }: PageCall): DescMethod {
  const dot = service.lastIndexOf('.');
  const empty = '.google.protobuf.Empty';
  const file = create(FileDescriptorProtoSchema, {
    name: 'page.proto',
    syntax: 'proto3',
    package: service.slice(0, dot),
    dependency: [file_google_protobuf_empty.proto.name],
    service: [
      {
        name: service.slice(dot + 1),
        method: [{ name: method, inputType: empty, outputType: empty, serverStreaming: responseStream }],
      },
    ],
  });
  const found = createFileRegistry(file, () => file_google_protobuf_empty).getService(service)?.methods[0];
  if (found === undefined) throw new Error(`no descriptor could be made of ${service}/${method}`);
  return found;
}
