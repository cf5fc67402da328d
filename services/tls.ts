import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { PemConverter, X509CertificateGenerator, cryptoProvider } from '@peculiar/x509';
import { AnnouncedConnections, bound } from './announced-connections.ts';
import type { OpenDoor } from './door.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

/** Makes a key and a certificate for it that nobody but itself has signed. */
async function selfSigned(): Promise<{ readonly cert_chain: Buffer; readonly private_key: Buffer }> {
  cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=greeter',
    notBefore: new Date(Date.now() - YEAR_MS),
    notAfter: new Date(Date.now() + YEAR_MS),
    keys,
    signingAlgorithm: ALGORITHM,
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    cert_chain: Buffer.from(certificate.toString('pem')),
    private_key: Buffer.from(PemConverter.encode(key, 'PRIVATE KEY')),
  };
}

/**
 * A door that takes TLS alone, with h2 as the only protocol of its ALPN, and shows a certificate of its own making.
 *
 * @param port of every address, 0 for a free one
 */
export async function tlsDoor(port: number): Promise<OpenDoor> {
  const credentials = ServerCredentials.createSsl(null, [await selfSigned()]);
  return (optionsOf) => {
    let listensOn: number | undefined;
    const connections = new AnnouncedConnections(() => listensOn);
    const server = new Server(optionsOf(connections));
    return {
      server,
      listen: async () => (listensOn = await bound(server, `[::]:${port}`, credentials)),
      stopListening: () => connections.gone(),
      destroy: () => connections.destroy(),
    };
  };
}
