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

const LOADING = { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true } as const;

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
    { ...LOADING, includeDirs: [PROTO_FOLDER] },
  );
  return loaded;
}

/** Methods of a user's own protos, and kinds of methods that no proto is known for. */
const own: { definition: PackageDefinition; readonly kinds: Map<string, RpcKind> } = {
  definition: {},
  kinds: new Map(),
};

/**
 * Makes methods of a user's own services known, for this process.
 *
 * @param files absolute paths of .proto files
 * @param includeDirs absolute folders that their imports are relative to
 * @param kinds of methods that no proto is there for; their messages stay bytes
 * @throws Error with the file and the line when a proto cannot be read
 */
export function learnMethods(
  files: readonly string[],
  includeDirs: readonly string[],
  kinds: Readonly<Record<string, RpcKind>>,
): void {
  for (const [method, kind] of Object.entries(kinds)) own.kinds.set(method, kind);
  if (files.length > 0) own.definition = loadSync([...files], { ...LOADING, includeDirs: [...includeDirs] });
}

/** The methods of a user's own protos, as `package.Service/Method`. */
export const knownMethods = (): string[] =>
  Object.entries(own.definition).flatMap(([name, found]) =>
    'format' in found ? [] : Object.keys(found).map((method) => `${name}/${method}`),
  );

/** A method as a client needs it. */
export type Method = Pick<
  MethodDefinition<object, object>,
  'path' | 'requestStream' | 'responseStream' | 'requestSerialize' | 'responseDeserialize'
>;

/**
 * The method `package.Service/Method` of the sample services, the control services, grpc.health.v1 or a user's own
 * protos. One that they do not have is unary unless {@link learnMethods} was told its kind, sends nothing and keeps
 * what comes as bytes: calling what is not there is a case.
 */
export function findMethod(method: string): Method {
  const [service = '', name = ''] = method.split('/');
  const found = own.definition[service] ?? definitions()[service];
  if (found !== undefined && !('format' in found)) {
    const definition = (found as Readonly<Record<string, MethodDefinition<object, object>>>)[name];
    if (definition !== undefined) return definition;
  }
  const kind = own.kinds.get(method) ?? 'unary';
  return {
    path: `/${method}`,
    requestStream: kind === 'client-stream' || kind === 'bidi',
    responseStream: kind === 'server-stream' || kind === 'bidi',
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
