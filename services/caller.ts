import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readCall, readLoad } from './caller-contract.ts';
import type { Bootstrap } from './identity.ts';
import { makeLoad } from './load.ts';
import { makeCalls } from './outgoing.ts';
import type { RunningServer } from './server.ts';

/** Bytes of a request to a caller; scripts and payloads of cases are far smaller. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/**
 * Starts a caller: a program in a pod that makes RPCs as it is told, so that what its pod has (a sidecar, an agent of
 * xDS, nothing) is under test. It is told by `POST /call`, in JSON (services/caller-contract.ts).
 */
export async function serveCaller(port: number, bootstrap: Bootstrap | undefined): Promise<RunningServer> {
  const server = createServer((request, response) => {
    const answer = ([code, body]: readonly [number, unknown]): void => {
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const work = async (): Promise<readonly [number, unknown]> => {
      if (request.method === 'GET') return [200, { bootstrap }];
      const pieces: Buffer[] = [];
      let size = 0;
      for await (const piece of request as AsyncIterable<Buffer>) {
        size += piece.length;
        if (size > MAX_BODY_BYTES) return [413, { error: 'too large' }];
        pieces.push(piece);
      }
      const text = Buffer.concat(pieces).toString();
      if (request.url === '/load') {
        const load = readLoad(text);
        if (load instanceof Error) return [400, { error: load.message }];
        return [200, await makeLoad(load, gone.signal)];
      }
      const call = readCall(text);
      if (call instanceof Error) return [400, { error: call.message }];
      return [200, { bootstrap, outcomes: await makeCalls(call, gone.signal) }];
    };
    work().then(answer, (error: unknown) => {
      answer([500, { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }]);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    services: [],
    drain: async (graceMs) => {
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await new Promise((resolve) => server.close(resolve));
      clearTimeout(cut);
    },
  };
}
