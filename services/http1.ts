import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RunningServer } from './server.ts';

/** What it says to whatever it is asked. */
const ANSWER = 'this server speaks HTTP/1.1\n';

/** Starts a server that knows no gRPC and no HTTP/2, as may stand where a gRPC server is expected. */
export async function serveHttp1(port: number): Promise<RunningServer> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/plain' }).end(ANSWER);
  });
  await new Promise<void>((resolve) => server.listen(port, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    services: [],
    drain: async (graceMs) => {
      const closed = new Promise((resolve) => server.close(resolve));
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      server.closeIdleConnections();
      await closed;
      clearTimeout(cut);
    },
  };
}
