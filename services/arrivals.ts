import { subscribe } from 'node:diagnostics_channel';
import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Connection, KnownConnections } from './connections.ts';

/** An RPC as HTTP/2 delivered it, before grpc-js has looked at it. */
export interface Arrival {
  readonly stream: ServerHttp2Stream;
  /** The very object grpc-js is going to read, so a header deleted here is one it never sees. */
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly connection: Connection;
}

export interface ArrivalListener {
  /** Called for every stream, before grpc-js gets it. */
  arrived(arrival: Arrival): void;
  /** Called for a stream that grpc-js answered without looking for a handler: an unknown method, say. */
  unclaimed(arrival: Arrival): void;
}

/**
 * Hands each RPC's HTTP/2 stream to the interceptor that serves the RPC.
 *
 * An interceptor of grpc-js is not told the stream or the raw headers. But node:http2 announces every session on
 * a diagnostics channel and emits `stream` on it, and grpc-js calls its interceptors from within that very
 * emission. So a listener that comes first remembers the stream, and the interceptor claims it. Only documented
 * API is used, and {@link Arrivals.claim} checks that the two belong together.
 */
export class Arrivals {
  readonly #connections: KnownConnections;
  readonly #listener: ArrivalListener;
  readonly #sessions = new WeakSet<Http2Session>();
  readonly #claimed = new WeakSet<Arrival>();
  #current: Arrival | undefined;

  constructor(connections: KnownConnections, listener: ArrivalListener) {
    this.#connections = connections;
    this.#listener = listener;
    subscribe('http2.server.stream.created', (message) => {
      const session = (message as { stream: ServerHttp2Stream }).stream.session;
      if (session !== undefined) this.#follow(session);
    });
  }

  /**
   * The stream of the RPC whose interceptor is being called; an error if grpc-js or Node no longer work as
   * described above.
   */
  claim(path: string): Arrival | Error {
    const arrival = this.#current;
    this.#current = undefined;
    if (arrival?.headers[':path'] !== path) {
      return new Error(
        `the HTTP/2 stream of an RPC to ${path} is not known: this version of Node or of @grpc/grpc-js hands out streams ` +
          'in another way than services/arrivals.ts expects',
      );
    }
    this.#claimed.add(arrival);
    return arrival;
  }

  #follow(session: Http2Session): void {
    if (this.#sessions.has(session)) return;
    this.#sessions.add(session);
    const connection = this.#connections.under(session);
    if (connection === undefined) return;
    const onStream = (
      stream: ServerHttp2Stream,
      headers: IncomingHttpHeaders,
      _flags: number,
      rawHeaders: readonly string[],
    ): void => {
      const arrival = { stream, headers, rawHeaders, connection };
      this.#current = arrival;
      this.#listener.arrived(arrival);
      // Several streams may be announced before the first of these runs.
      queueMicrotask(() => {
        if (this.#current === arrival) this.#current = undefined;
        if (!this.#claimed.has(arrival)) this.#listener.unclaimed(arrival);
      });
    };
    session.prependListener('stream', onStream);
  }
}
