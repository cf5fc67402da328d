import { ServerCredentials } from '@grpc/grpc-js';
import { register, XdsServer, XdsServerCredentials } from '@grpc/grpc-js-xds';
import { AnnouncedConnections, bound } from './announced-connections.ts';
import type { OpenDoor } from './door.ts';

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
    const connections = new AnnouncedConnections(() => port);
    const server = new XdsServer({ ...optionsOf(connections), drainGraceTimeMs: graceMs });
    const credentials = new XdsServerCredentials(ServerCredentials.createInsecure());
    return {
      server,
      listen: () => bound(server, `0.0.0.0:${port}`, credentials),
      stopListening: () => connections.gone(),
      destroy: () => connections.destroy(),
    };
  };
