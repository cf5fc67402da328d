import { Server, ServerCredentials, type ServerOptions } from '@grpc/grpc-js';
import { Connections, type Connection, type KnownConnections } from './connections.ts';

/** A gRPC server, and the way connections come to it. */
export interface Door {
  readonly server: Server;
  /** @returns the port, once connections are taken */
  listen(): Promise<number>;
  /** Takes no more connections; settles when the last one is closed. */
  stopListening(): Promise<void>;
  /** Ends all connections at once. */
  destroy(): void;
}

/** Makes a server whose options depend on who accepts its connections. */
export type OpenDoor = (optionsOf: (connections: KnownConnections) => ServerOptions) => Door;

/**
 * Plaintext HTTP/2 on every address.
 *
 * @param ports where connections are taken; the first may be 0 for a free one
 * @param tappedBy the pod's name, with which what the taps saw is marked; undefined for connections without a tap
 * @param accepted gets each connection as it comes
 */
export const plainDoor =
  (
    [port, ...further]: readonly [number, ...number[]],
    tappedBy: string | undefined,
    accepted: (connection: Connection) => void = () => undefined,
  ): OpenDoor =>
  (optionsOf) => {
    const connections = new Connections({
      tappedBy,
      accept: (connection) => {
        accepted(connection);
        injector.injectConnection(connection.socket);
      },
    });
    const server = new Server(optionsOf(connections));
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    return {
      server,
      listen: async () => {
        const listening = await connections.listen(port);
        for (const each of further) await connections.listen(each);
        return listening;
      },
      stopListening: () => connections.stopListening(),
      destroy: () => connections.destroy(),
    };
  };
