import { TLSSocket } from 'node:tls';
import { Client, H2CClient, buildConnector, type Dispatcher } from 'undici';
import {
  clientPairOf,
  hostOf,
  portOf,
  type ClientCertificate,
  type Target,
  type Transport,
} from './target.ts';

/** One connection of undici's, for one case. */
export interface UndiciConnection extends AsyncDisposable {
  readonly client: Dispatcher;
  /** What ALPN picked; empty before the handshake, without TLS, and when the server picked nothing. */
  alpn(): string;
}

/** Long streams are quiet on purpose; the case's own limit ends what hangs. */
const NO_TIMEOUTS = { headersTimeout: 0, bodyTimeout: 0 };

/**
 * Opens a connection that speaks exactly the HTTP version asked for: HTTP/2 by ALPN over TLS, and with prior
 * knowledge without.
 */
export function openUndici(
  target: Target,
  transport: Transport,
  http: '1.1' | '2',
  authority: string,
  {
    listener = transport,
    clientCertificate,
    serverName = hostOf(authority),
  }: {
    readonly listener?: Transport;
    readonly clientCertificate?: ClientCertificate | undefined;
    readonly serverName?: string | undefined;
  } = {},
): UndiciConnection {
  const origin = `${transport === 'tls' ? 'https' : 'http'}://${target.address}:${portOf(target, listener)}`;
  if (transport === 'h2c') {
    const client = http === '2' ? new H2CClient(origin, NO_TIMEOUTS) : new Client(origin, NO_TIMEOUTS);
    return { client, alpn: () => '', [Symbol.asyncDispose]: () => client.destroy() };
  }
  const allowH2 = http === '2';
  // No session of an earlier case is resumed: each handshake is a whole one.
  const pair = clientPairOf(target, clientCertificate);
  const tls = {
    ca: target.caPem,
    servername: serverName,
    allowH2,
    maxCachedSessions: 0,
    ...(pair === undefined ? {} : { cert: pair.certificate, key: pair.key }),
  };
  const connect = buildConnector(tls);
  let alpn = '';
  const client = new Client(origin, {
    ...NO_TIMEOUTS,
    allowH2,
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
  });
  return { client, alpn: () => alpn, [Symbol.asyncDispose]: () => client.destroy() };
}
