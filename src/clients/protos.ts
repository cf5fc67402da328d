import { join } from 'node:path';
import {
  loadSync,
  type MessageTypeDefinition,
  type MethodDefinition,
  type PackageDefinition,
} from '@grpc/proto-loader';
import { PROJECT_ROOT } from '../paths.ts';

/** The folder that the protos' imports are relative to. */
export const PROTO_FOLDER = join(PROJECT_ROOT, 'proto');

let loaded: PackageDefinition | undefined;

/** Messages in the JSON form of their proto, with its field names; bytes are Buffers, 64-bit integers numbers. */
function definitions(): PackageDefinition {
  loaded ??= loadSync(
    [
      'mypackage/greeter.proto',
      'mypackage/order_service.proto',
      'mypackage/streaming_service.proto',
      'mypackage/user_service.proto',
      'mypackage/user_service_v2.proto',
      'meshproof/control/v1/control.proto',
      'grpc/health/v1/health.proto',
    ],
    {
      includeDirs: [PROTO_FOLDER],
      keepCase: true,
      longs: Number,
      enums: String,
      defaults: true,
      oneofs: true,
    },
  );
  return loaded;
}

/** A method as a client needs it. */
export type Method = Pick<
  MethodDefinition<object, object>,
  'path' | 'requestStream' | 'responseStream' | 'requestSerialize' | 'responseDeserialize'
>;

/**
 * The method `package.Service/Method` of the sample services, the control services or grpc.health.v1. One that they
 * do not have is unary, sends nothing and keeps what comes as bytes: calling what is not there is a case.
 */
export function findMethod(method: string): Method {
  const [service = '', name = ''] = method.split('/');
  const found = definitions()[service];
  if (found !== undefined && !('format' in found)) {
    const definition = (found as Readonly<Record<string, MethodDefinition<object, object>>>)[name];
    if (definition !== undefined) return definition;
  }
  return {
    path: `/${method}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: () => Buffer.alloc(0),
    responseDeserialize: (bytes) => ({ bytes }),
  };
}

/** The four kinds of RPC, by which side streams. */
export type RpcKind = 'unary' | 'client-stream' | 'server-stream' | 'bidi';

/** The kind of a method of {@link findMethod}. */
export function rpcKindOf(method: string): RpcKind {
  const { requestStream, responseStream } = findMethod(method);
  if (requestStream) return responseStream ? 'bidi' : 'client-stream';
  return responseStream ? 'server-stream' : 'unary';
}

/** Reader and writer of a message of the control contract. */
export function controlMessage(name: 'Script'): MessageTypeDefinition<object, object> {
  return definitions()[`meshproof.control.v1.${name}`] as MessageTypeDefinition<object, object>;
}
