import { subscribe } from 'node:diagnostics_channel';
import type { Http2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { ServerCredentials } from '@grpc/grpc-js';
import { register, XdsServer, XdsServerCredentials } from '@grpc/grpc-js-xds';
import { peerOf, type Connection, type KnownConnections } from './connections.ts';
import type { OpenDoor } from './door.ts';

/** The connections of a server that accepts them itself, as Node announces them. They have no tap. */
class AnnouncedConnections implements KnownConnections {
  readonly #open = new Map<string, Connection>();
  #count = 0;

  constructor(port: number) {
    subscribe('net.server.socket', (message) => {
      const { socket } = message as { socket: Socket };
      if (socket.localPort !== port) return;
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

/**
 * A door whose port, and whose TLS, the control plane decides on: TLS as the mesh has it, and none where it has none.
 *
 * @param port of every IPv4 address; istiod names the listener by address and port, so neither may be 0
 * @param graceMs how long RPCs of before may go on when the control plane sends another listener
 */
export const xdsDoor =
  (port: number, graceMs: number): OpenDoor =>
  (optionsOf) => {
    // Without its filters a server refuses what the control plane sends, too.
    register();
    const connections = new AnnouncedConnections(port);
    const server = new XdsServer({ ...optionsOf(connections), drainGraceTimeMs: graceMs });
    const credentials = new XdsServerCredentials(ServerCredentials.createInsecure());
    return {
      server,
      listen: () =>
        new Promise((resolve, reject) => {
          server.bindAsync(`0.0.0.0:${port}`, credentials, (error, bound) => {
            if (error === null) resolve(bound);
            else reject(error);
          });
        }),
      stopListening: () => connections.gone(),
      destroy: () => connections.destroy(),
    };
  };
