import type { MethodDefinition, ServiceDefinition } from '@grpc/proto-loader';

const sizes = new WeakMap<object, number>();

/** How a server reads and writes the messages of a method. */
type ServerSide = Pick<MethodDefinition<object, object>, 'requestDeserialize' | 'responseSerialize'>;

/** The same service, whose messages' lengths on the wire {@link sizeOf} knows afterwards. */
export function measured(definition: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(definition).map(([name, method]) => [name, { ...method, ...measuredMessages(method) }]),
  );
}

/** The same for the messages of one method. */
export const measuredMessages = ({ requestDeserialize, responseSerialize }: ServerSide): ServerSide => ({
  requestDeserialize: (bytes) => {
    const message = requestDeserialize(bytes);
    sizes.set(message, bytes.length);
    return message;
  },
  responseSerialize: (message) => {
    const bytes = responseSerialize(message);
    sizes.set(message, bytes.length);
    return bytes;
  },
});

/** Bytes of a message that came from, or went to, the wire, without the 5 bytes of gRPC framing. */
export function sizeOf(message: object): number {
  return sizes.get(message) ?? 0;
}
