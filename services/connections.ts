import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Http2Session } from 'node:http2';

/** One TCP connection that a client, a gateway or a sidecar opened to this server. */
export interface Connection {
  /** From 1, in the order of acceptance. */
  readonly number: number;
  readonly socket: Socket;
  /** `address:port` of the other end. */
  readonly peer: string;
  /** A GOAWAY said that no stream on it is going to be processed. */
  refusing: boolean;
}

/**
 * Accepts the connections itself, rather than letting grpc-js listen, so that faults can be done to the socket
 * under HTTP/2: node:http2 guards the one it hands out.
 */
export class Connections {
  readonly #listener: Server;
  readonly #byPeer = new Map<string, Connection>();
  #count = 0;

  /** @param accept gets each connection as it comes */
  constructor(accept: (socket: Socket) => void) {
    this.#listener = createServer((socket) => {
      this.#count += 1;
      const peer = peerOf(socket);
      const connection: Connection = { number: this.#count, socket, peer, refusing: false };
      this.#byPeer.set(peer, connection);
      socket.once('close', () => {
        if (this.#byPeer.get(peer) === connection) this.#byPeer.delete(peer);
      });
      // node:http2 has a listener of its own; this one is for the time before and after its session.
      socket.on('error', () => undefined);
      accept(socket);
    });
  }

  /** @returns the port, which is a free one if 0 was asked for */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#listener.once('error', reject);
      this.#listener.listen(port, () => {
        this.#listener.off('error', reject);
        resolve((this.#listener.address() as AddressInfo).port);
      });
    });
  }

  /**
   * Takes no new connections.
   *
   * @returns a promise for the end of the last one
   */
  stopListening(): Promise<void> {
    return new Promise((resolve) => this.#listener.close(() => resolve()));
  }

  /** Ends all connections at once. */
  destroy(): void {
    for (const { socket } of this.#byPeer.values()) socket.destroy();
  }

  /** The connection under an HTTP/2 session, unless it is already gone. */
  under(session: Http2Session): Connection | undefined {
    return this.#byPeer.get(peerOf(session.socket));
  }
}

/** The socket listens on IPv4 and IPv6 alike, which shows IPv4 addresses in IPv6 form: that form is undone. */
function peerOf({
  remoteAddress = '',
  remotePort = 0,
}: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
  return `${remoteAddress.replace(/^::ffff:/, '')}:${remotePort}`;
}
