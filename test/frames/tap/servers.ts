import {
  connect,
  createSecureServer,
  createServer,
  type ClientHttp2Session,
  type Http2Server,
  type IncomingHttpHeaders,
  type SecureClientSessionOptions,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import type { KeyPair } from '../../../src/certificates/authority.ts';

/** What a test's server does with a stream. */
export type Handler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** Answers as a gRPC server does: headers, one message, trailers. */
export const answer: Handler = (stream) => {
  stream.on('error', () => undefined).resume();
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(Buffer.from([0, 0, 0, 0, 2, 8, 1]));
};

export interface RunningServer extends AsyncDisposable {
  readonly port: number;
}

/** Any server of node:net on a free port of loopback. */
export async function listening(
  server: Server | Http2Server,
  closeAll: () => void = () => undefined,
): Promise<RunningServer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      closeAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** HTTP/2 by node:http2; with a key over TLS. */
export function startHttp2(handler: Handler, tls?: KeyPair): Promise<RunningServer> {
  const server =
    tls === undefined
      ? createServer()
      : createSecureServer({ cert: tls.certificate, key: tls.key, allowHTTP1: false });
  const sessions = new Set<{ destroy(): void }>();
  server.on('stream', handler).on('session', (session) => {
    sessions.add(session.on('error', () => undefined));
  });
  return listening(server, () => sessions.forEach((session) => session.destroy()));
}

export interface Outcome {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly bytes: number;
  readonly rstCode: number | undefined;
}

/** An RPC by node:http2, on a connection of its own. */
export async function call(
  port: number,
  rpcId: string,
  options: SecureClientSessionOptions & {
    readonly tls?: true;
    readonly body?: Buffer;
    readonly onSession?: (session: ClientHttp2Session) => void;
  } = {},
): Promise<Outcome> {
  const { tls, body = Buffer.alloc(5), onSession, ...rest } = options;
  const session = connect(`${tls === true ? 'https' : 'http'}://127.0.0.1:${port}`, rest);
  onSession?.(session);
  try {
    return await new Promise((resolve, reject) => {
      session.once('error', reject);
      const path = '/mypackage.Greeter/SayHello';
      const stream = session.request(
        { ':method': 'POST', ':path': path, 'x-meshproof-rpc': rpcId },
        { endStream: false },
      );
      let headers: IncomingHttpHeaders = {};
      let trailers: IncomingHttpHeaders = {};
      let bytes = 0;
      stream
        .on('response', (received) => {
          headers = received;
        })
        .on('trailers', (received: IncomingHttpHeaders) => {
          trailers = received;
        })
        .on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        })
        .on('error', () => undefined)
        .on('close', () => {
          // The connection's own error comes after the end of its streams.
          setImmediate(() => resolve({ headers, trailers, bytes, rstCode: stream.rstCode }));
        });
      stream.end(body);
    });
  } finally {
    session.destroy();
  }
}
