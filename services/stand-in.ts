import type { handleBidiStreamingCall, Server } from '@grpc/grpc-js';
import { patterned, type Replies } from './answers.ts';
import { measuredMessages } from './message-sizes.ts';
import type { Rpc } from './rpc.ts';

/** `/package.Service/Method`: what a stand-in takes for the path of an RPC. */
const RPC_PATH = /^\/[^/]+\/[^/]+$/;
/** Methods that one stand-in may come to know; others are UNIMPLEMENTED. */
const METHODS_MAX = 300;

/** Messages stay bytes. */
const AS_THEY_ARE = measuredMessages({
  requestDeserialize: (bytes) => bytes,
  responseSerialize: (message) => message as Buffer,
});
/** The interceptor drives the RPC in the handler's place. */
const neverStarted: handleBidiStreamingCall<object, object> = () => undefined;

/**
 * Makes a grpc-js server know every method it is asked for. grpc-js has no handler for "any method", but methods can
 * be added while it runs: {@link learn} is called when an RPC arrives, before grpc-js looks for its handler. Messages
 * stay the bytes they are, and every method is one that streams both ways, which on the wire any of the four kinds is.
 */
export class AnyMethod {
  readonly #server: Server;
  readonly #learned = new Set<string>();

  constructor(server: Server) {
    this.#server = server;
  }

  learn(path: string): void {
    if (this.#learned.has(path) || this.#learned.size >= METHODS_MAX || !RPC_PATH.test(path)) return;
    // False for a method that has a handler already: health and reflection keep theirs.
    const added = this.#server.register(
      path,
      neverStarted,
      AS_THEY_ARE.responseSerialize,
      AS_THEY_ARE.requestDeserialize,
      'bidi',
    );
    if (added) this.#learned.add(path);
  }
}

/** What a stand-in replies: bytes, since it knows nobody's messages. */
export class RawReplies implements Replies {
  readonly #rpc: Rpc;

  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  /** The kind of the method is not known: nothing is read before a step says so. */
  async readRequest(): Promise<void> {
    // See above.
  }

  /** One empty message after the half-close, which is a good reply of any type and kind. */
  async answer(): Promise<void> {
    while ((await this.#rpc.receive()) !== undefined);
    await this.#rpc.send(Buffer.alloc(0));
  }

  /** Each request comes back as it is. */
  async echo(count: number): Promise<void> {
    for (let done = 0; count === 0 || done < count; done++) {
      const request = await this.#rpc.receive();
      if (request === undefined) return;
      await this.#rpc.send(request);
    }
  }

  /** The whole message is the payload. */
  async scripted(payloadBytes: number): Promise<void> {
    await this.#rpc.send(patterned(this.#rpc.record.entry.sent_count + 1, payloadBytes));
  }
}
