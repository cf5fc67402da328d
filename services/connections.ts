import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Http2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import { now, Recorder } from '../src/frames/tap/recorder.ts';
import { TappedSocket } from '../src/frames/tap/tapped-socket.ts';
import { ConnectionLog } from '../src/frames/timeline/connection-log.ts';
import { Faults } from './faults.ts';

/** One TCP connection that a client, a gateway or a sidecar opened to this server. */
export interface Connection {
  /** From 1, in the order of acceptance. */
  readonly number: number;
  /** What HTTP/2 is spoken on. */
  readonly socket: Duplex;
  /** `address:port` of the other end. */
  readonly peer: string;
  /** What is seen of it, and what can be done to it; undefined when connections are not tapped. */
  readonly tap: { readonly log: ConnectionLog; readonly faults: Faults } | undefined;
}

/** Who accepts the connections of a server, and so knows which of them an HTTP/2 session is on. */
export interface KnownConnections {
  /** The connection under an HTTP/2 session, unless it is already gone. */
  under(session: Http2Session): Connection | undefined;
}

interface ConnectionsOptions {
  /** The pod's name, with which what its taps saw is marked; undefined for connections without a tap. */
  readonly tappedBy: string | undefined;
  /** Gets each connection as it comes. */
  readonly accept: (connection: Connection) => void;
}

/**
 * Accepts the connections itself, rather than letting grpc-js listen, so that bytes are seen before HTTP/2 parses
 * them, and faults can be done to the connection under it.
 */
export class Connections implements KnownConnections {
  readonly #options: ConnectionsOptions;
  readonly #listeners: Server[] = [];
  readonly #open = new Set<Connection>();
  readonly #bySocket = new WeakMap<object, Connection>();
  #count = 0;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /**
   * To be called once for each port.
   *
   * @returns the port, which is a free one if 0 was asked for
   */
  listen(port: number): Promise<number> {
    const listener = createServer({ noDelay: true }, (socket) => this.#take(socket));
    this.#listeners.push(listener);
    return new Promise((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(port, () => {
        listener.off('error', reject);
        resolve((listener.address() as AddressInfo).port);
      });
    });
  }

  /**
   * Takes no new connections.
   *
   * @returns a promise for the end of the last one
   */
  async stopListening(): Promise<void> {
    await Promise.all(
      this.#listeners.map((listener) => new Promise<void>((resolve) => listener.close(() => resolve()))),
    );
  }

  /** Ends all connections at once. */
  destroy(): void {
    for (const { socket } of this.#open) socket.destroy();
  }

  /** The connection under an HTTP/2 session, unless it is already gone. */
  under(session: Http2Session): Connection | undefined {
    // A session over a Duplex wraps it, and shows it as the wrapper's `stream`.
    const stream: unknown = Reflect.get(session.socket, 'stream');
    const known = typeof stream === 'object' && stream !== null ? this.#bySocket.get(stream) : undefined;
    return known ?? [...this.#open].find(({ peer }) => peer === peerOf(session.socket));
  }

  #take(socket: Socket): void {
    this.#count += 1;
    const connection = this.#connection(socket);
    this.#open.add(connection);
    this.#bySocket.set(connection.socket, connection);
    connection.socket.once('close', () => this.#open.delete(connection));
    // node:http2 has a listener of its own; this one is for the time before and after its session.
    connection.socket.on('error', () => undefined);
    this.#options.accept(connection);
  }

  #connection(socket: Socket): Connection {
    const number = this.#count;
    const peer = peerOf(socket);
    const { tappedBy: pod } = this.#options;
    if (pod === undefined) return { number, socket, peer, tap: undefined };
    const recorder = new Recorder();
    const facts = { leg: 'backend', number, openedAtMs: now(), tls: '', pod } as const;
    const tapped = new TappedSocket(socket, recorder);
    const tap = { log: new ConnectionLog(facts, recorder), faults: new Faults(tapped) };
    return { number, socket: tapped, peer, tap };
  }
}

/** The socket listens on IPv4 and IPv6 alike, which shows IPv4 addresses in IPv6 form: that form is undone. */
export function peerOf({
  remoteAddress = '',
  remotePort = 0,
}: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
  return `${remoteAddress.replace(/^::ffff:/, '')}:${remotePort}`;
}
