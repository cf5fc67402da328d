import type { ServiceDefinition } from '@grpc/proto-loader';

const sizes = new WeakMap<object, number>();

/** The same service, whose messages' lengths on the wire {@link sizeOf} knows afterwards. */
export function measured(definition: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(definition).map(([name, method]) => [
      name,
      {
        ...method,
        requestDeserialize: (bytes: Buffer): object => {
          const message = method.requestDeserialize(bytes);
          sizes.set(message, bytes.length);
          return message;
        },
        responseSerialize: (message: object): Buffer => {
          const bytes = method.responseSerialize(message);
          sizes.set(message, bytes.length);
          return bytes;
        },
      },
    ]),
  );
}

/** Bytes of a message that came from, or went to, the wire, without the 5 bytes of gRPC framing. */
export function sizeOf(message: object): number {
  return sizes.get(message) ?? 0;
}
