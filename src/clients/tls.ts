import { connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import type { CallIds } from './call-metadata.ts';
import type { TlsInvocation } from './invocation.ts';
import type { TlsRecord } from './record.ts';
import { clientPairOf, portOf, type Target } from './target.ts';

/** Makes one TLS handshake and nothing else. A failed handshake, or verification, is part of the record. */
export function invokeTls(
  invocation: TlsInvocation,
  target: Target,
  ids: CallIds,
  signal: AbortSignal,
): Promise<TlsRecord> {
  const serverName = invocation.serverName ?? target.host;
  const empty = { kind: 'tls', rpcId: ids.rpcId, alpn: '', version: '', authorized: false } as const;
  const pair = clientPairOf(target, invocation.clientCertificate);
  return new Promise((resolve) => {
    const socket = connect({
      host: target.address,
      port: portOf(target, invocation.listener ?? 'tls'),
      ...(invocation.trust === 'public' ? {} : { ca: target.caPem }),
      // Verified below, so that what the server presented is in the record even when it is not to be trusted.
      rejectUnauthorized: false,
      ...(serverName === '' ? {} : { servername: serverName }),
      ...(invocation.alpn.length === 0 ? {} : { ALPNProtocols: [...invocation.alpn] }),
      ...(invocation.minVersion === undefined ? {} : { minVersion: invocation.minVersion }),
      ...(pair === undefined ? {} : { cert: pair.certificate, key: pair.key }),
      ...(invocation.maxVersion === undefined ? {} : { maxVersion: invocation.maxVersion }),
    });
    const finish = (record: TlsRecord) => {
      signal.removeEventListener('abort', giveUp);
      socket.destroy();
      resolve(record);
    };
    const giveUp = () => finish({ ...empty, error: 'the harness gave up on the handshake' });
    signal.addEventListener('abort', giveUp, { once: true });
    socket.once('secureConnect', () => finish({ ...empty, ...facts(socket) }));
    socket.once('error', (error: Error) => finish({ ...empty, error: error.message }));
    socket.once('close', () =>
      finish({ ...empty, error: 'the server closed the connection during the handshake' }),
    );
  });
}

/** Common name; OpenSSL gives a list when there are several. */
const nameOf = (name: { readonly CN?: string | string[] } | undefined): string =>
  [name?.CN ?? ''].flat().join(', ');

function facts(
  socket: TLSSocket,
): Pick<TlsRecord, 'alpn' | 'version' | 'authorized' | 'error' | 'certificate'> {
  // Empty when the server presented none, whatever the type says.
  const presented = socket.getPeerCertificate() as Partial<PeerCertificate>;
  // An Error, a text with OpenSSL's code, or null, whatever the type says.
  const failure = socket.authorizationError as Error | string | null | undefined;
  return {
    alpn: socket.alpnProtocol === false ? '' : (socket.alpnProtocol ?? ''),
    version: socket.getProtocol() ?? '',
    authorized: socket.authorized,
    error: failure instanceof Error ? failure.message : (failure ?? ''),
    ...(presented.serialNumber === undefined
      ? {}
      : {
          certificate: {
            subject: nameOf(presented.subject),
            issuer: nameOf(presented.issuer),
            subjectAltName: presented.subjectaltname ?? '',
            serial: presented.serialNumber.toLowerCase(),
            notAfter: presented.valid_to ?? '',
          },
        }),
  };
}
