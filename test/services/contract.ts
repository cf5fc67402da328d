import { join } from 'node:path';
import { loadSync, type MethodDefinition } from '@grpc/proto-loader';

const definitions = loadSync(
  [
    'mypackage/greeter.proto',
    'mypackage/user_service.proto',
    'mypackage/user_service_v2.proto',
    'mypackage/order_service.proto',
    'mypackage/streaming_service.proto',
    'meshproof/control/v1/control.proto',
  ],
  {
    includeDirs: [join(import.meta.dirname, '../../proto')],
    keepCase: true,
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  },
);

/** A method by its path without the leading slash: `mypackage.Greeter/SayHello`. */
export function method(path: string): MethodDefinition<object, object> {
  const [service = '', name = ''] = path.split('/');
  const found = (definitions[service] as Record<string, MethodDefinition<object, object>> | undefined)?.[
    name
  ];
  if (found === undefined) throw new Error(`no method ${path}`);
  return found;
}

/** Serialized message of the control contract. */
export function control(message: string, value: object): Buffer {
  const found = definitions[`meshproof.control.v1.${message}`];
  if (found === undefined || !('serialize' in found)) throw new Error(`no message ${message}`);
  return (found as { serialize(value: object): Buffer }).serialize(value);
}

/** The same, read. */
export function readControl(message: string, bytes: Buffer): unknown {
  const found = definitions[`meshproof.control.v1.${message}`];
  if (found === undefined || !('deserialize' in found)) throw new Error(`no message ${message}`);
  return (found as { deserialize(bytes: Buffer): unknown }).deserialize(bytes);
}

/** The four methods of the streaming service, by kind. */
export const KINDS = {
  unary: 'mypackage.StreamingService/Echo',
  'client stream': 'mypackage.StreamingService/Collect',
  'server stream': 'mypackage.StreamingService/Subscribe',
  bidi: 'mypackage.StreamingService/Exchange',
} as const;

export const KIND_NAMES = Object.keys(KINDS) as (keyof typeof KINDS)[];
