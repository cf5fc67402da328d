import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type TLSSocket } from 'node:tls';
import { TestAuthority } from '../../src/certificates/authority.ts';

/** Ends TLS in front of a plaintext port, as a gateway does, without looking at the bytes. */
export interface TlsTerminator extends AsyncDisposable {
  readonly port: number;
  readonly caPem: string;
  readonly caFile: string;
  readonly serial: string;
}

export async function startTlsTerminator(
  plainPort: number,
  alpn: string[] = ['h2', 'http/1.1'],
): Promise<TlsTerminator> {
  const authority = await TestAuthority.create();
  const { certificate, key, serial } = await authority.issue({ names: ['grpc.example.com'] });
  const folder = await mkdtemp(join(tmpdir(), 'meshproof-test-'));
  const caFile = join(folder, 'ca.crt');
  await writeFile(caFile, authority.pem);
  const sockets = new Set<TLSSocket>();
  const server = createServer({ cert: certificate, key, ALPNProtocols: alpn }, (socket) => {
    const plain = connect(plainPort, '127.0.0.1');
    sockets.add(socket);
    for (const each of [socket, plain]) {
      each
        .on('error', () => undefined)
        .on('close', () => {
          socket.destroy();
          plain.destroy();
        });
    }
    socket.pipe(plain).pipe(socket);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    caPem: authority.pem,
    caFile,
    serial,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}
