import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { PassThrough } from 'node:stream';
import { PortForward } from '@kubernetes/client-node';
import type { Cluster } from './cluster.ts';

/** A pod's port on this machine's loopback, through the API server. */
export interface Tunnel extends AsyncDisposable {
  readonly port: number;
}

/**
 * Opens a port on 127.0.0.1 whose connections end at `port` of a pod, also where the pod listens on its own
 * loopback only, as Envoy's admin interface does. Each connection is a WebSocket of its own to the API server.
 */
export async function openTunnel(
  cluster: Cluster,
  namespace: string,
  pod: string,
  port: number,
): Promise<Tunnel> {
  const forward = new PortForward(cluster.config);
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // The connection's end is what tells; a reset of either side shows as such.
    socket.on('error', () => socket.destroy());
    const errors = new PassThrough();
    errors.once('data', () => socket.destroy());
    forward.portForward(namespace, pod, [port], socket, errors, socket).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
