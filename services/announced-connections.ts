import { subscribe } from 'node:diagnostics_channel';
import type { Http2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { Server, ServerCredentials } from '@grpc/grpc-js';
import { peerOf, type Connection, type KnownConnections } from './connections.ts';

/** The connections of a server that accepts them itself, as Node announces them. They have no tap. */
export class AnnouncedConnections implements KnownConnections {
  readonly #open = new Map<string, Connection>();
  #count = 0;

  /** @param portOf the port that the server listens on, once it does */
  constructor(portOf: () => number | undefined) {
    subscribe('net.server.socket', (message) => {
      const { socket } = message as { socket: Socket };
      if (socket.localPort !== portOf()) return;
      this.#count += 1;
      const peer = peerOf(socket);
      this.#open.set(peer, { number: this.#count, socket, peer, tap: undefined });
      socket.once('close', () => this.#open.delete(peer));
    });
  }

  under(session: Http2Session): Connection | undefined {
    return this.#open.get(peerOf(session.socket));
  }

  /** Resolves once every connection is closed. */
  async gone(): Promise<void> {
    await Promise.all(
      [...this.#open.values()].map(({ socket }) => new Promise((resolve) => socket.once('close', resolve))),
    );
  }

  destroy(): void {
    for (const { socket } of this.#open.values()) socket.destroy();
  }
}

/** Has a server accept connections itself. @returns its port */
export const bound = (server: Server, address: string, credentials: ServerCredentials): Promise<number> =>
  new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
