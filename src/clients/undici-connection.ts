import { TLSSocket } from 'node:tls';
import { Client, buildConnector } from 'undici';
import { hostOf, portOf, type Target, type Transport } from './target.ts';

/** One connection of undici's, for one case. */
export interface UndiciConnection extends AsyncDisposable {
  readonly client: Client;
  /** What ALPN picked; empty before the handshake, without TLS, and when the server picked nothing. */
  alpn(): string;
}

/**
 * Opens a connection that speaks exactly the HTTP version asked for: HTTP/2 by ALPN over TLS, and with prior
 * knowledge without.
 */
export function openUndici(
  target: Target,
  transport: Transport,
  http: '1.1' | '2',
  authority: string,
): UndiciConnection {
  const allowH2 = http === '2';
  const connect = buildConnector({
    ca: target.caPem,
    servername: hostOf(authority),
    allowH2,
    // No session of an earlier case: each handshake is a whole one.
    maxCachedSessions: 0,
  });
  let alpn = '';
  const client = new Client(
    `${transport === 'tls' ? 'https' : 'http'}://${target.address}:${portOf(target, transport)}`,
    {
      allowH2,
      ...(allowH2 && transport === 'h2c' ? { h2Options: { useH2c: true } } : {}),
      connect: (options, callback) => {
        connect(options, (...[error, socket]) => {
          if (error !== null) {
            callback(error, null);
            return;
          }
          if (socket instanceof TLSSocket)
            alpn = socket.alpnProtocol === false ? '' : (socket.alpnProtocol ?? '');
          callback(null, socket);
        });
      },
      // Long streams are quiet on purpose; the case's own limit ends what hangs.
      headersTimeout: 0,
      bodyTimeout: 0,
    },
  );
  return { client, alpn: () => alpn, [Symbol.asyncDispose]: () => client.destroy() };
}
