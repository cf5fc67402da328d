import type { Sabotage } from '../../src/conformance/model.ts';
import { jsonPatch } from '../patches.ts';

const PLAINTEXT_SERVER = '/spec/servers/1';

/** Port 80 answers every request with a redirect to HTTPS, which no gRPC client follows. */
export const httpsRedirect = (caughtBy: string): Sabotage => ({
  name: 'httpsRedirect',
  change: {
    manifests: [
      jsonPatch('Gateway', 'grpc-gateway', {
        op: 'add',
        path: `${PLAINTEXT_SERVER}/tls`,
        value: { httpsRedirect: true },
      }),
    ],
  },
  caughtBy,
});

/** The client speaks TLS to port 80. */
export const tlsClientOn80 = (caughtBy: string): Sabotage => ({
  name: 'TLS client on 80',
  change: { invocation: { transport: 'tls', listener: 'h2c' } },
  caughtBy,
});

/** The client speaks plaintext to port 443. */
export const plaintextClientOn443 = (caughtBy: string): Sabotage => ({
  name: 'plaintext client on 443',
  change: { invocation: { listener: 'tls' } },
  caughtBy,
});

/** The client speaks HTTP/1.1, which cannot carry gRPC's trailers through the gateway. */
export const http1Client = (caughtBy: string): Sabotage => ({
  name: 'HTTP/1.1 client',
  change: { invocation: { http: '1.1' } },
  caughtBy,
});

/** The Gateway has no server for port 80. */
export const noPlaintextServer = (caughtBy: string): Sabotage => ({
  name: 'no server on 80',
  change: { manifests: [jsonPatch('Gateway', 'grpc-gateway', { op: 'remove', path: PLAINTEXT_SERVER })] },
  caughtBy,
});

/** Port 80 speaks TLS. */
export const tlsOn80 = (caughtBy: string): Sabotage => ({
  name: 'TLS on 80',
  change: {
    manifests: [
      jsonPatch('Gateway', 'grpc-gateway', {
        op: 'replace',
        path: PLAINTEXT_SERVER,
        value: {
          port: { number: 80, name: 'https-80', protocol: 'HTTPS' },
          hosts: ['grpc.example.com'],
          tls: { mode: 'SIMPLE', credentialName: 'grpc-tls-credential' },
        },
      }),
    ],
  },
  caughtBy,
});

/** The seed's own words, "omits the TLS block and targets port 80", taken too far: no tls block on 443 either. */
export const plaintextOn443 = (caughtBy: string): Sabotage => ({
  name: 'no TLS on 443',
  change: {
    manifests: [
      jsonPatch('Gateway', 'grpc-gateway', {
        op: 'replace',
        path: '/spec/servers/0',
        value: { port: { number: 443, name: 'http-443', protocol: 'HTTP' }, hosts: ['grpc.example.com'] },
      }),
    ],
  },
  caughtBy,
});

/** The server answers before it says anything else. */
export const serverSays = (caughtBy: string): Sabotage => ({
  name: 'a server that answers first',
  change: { script: { steps: [{ answer: true }, { status: 'NOT_FOUND' }] } },
  caughtBy,
});
