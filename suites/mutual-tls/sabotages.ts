import type { Sabotage } from '../../src/conformance/model.ts';
import { jsonPatch } from '../patches.ts';

const TLS = '/spec/servers/0/tls';

/** The gateway asks nobody for a certificate. */
export const simple = (caughtBy: string): Sabotage => ({
  name: 'mode: SIMPLE',
  change: {
    manifests: [
      jsonPatch('Gateway', 'grpc-gateway', { op: 'replace', path: `${TLS}/mode`, value: 'SIMPLE' }),
    ],
  },
  caughtBy,
});

/** Whoever shows a certificate has it checked, and whoever shows none is let in. */
export const optional = (caughtBy: string): Sabotage => ({
  name: 'mode: OPTIONAL_MUTUAL',
  change: {
    manifests: [
      jsonPatch('Gateway', 'grpc-gateway', { op: 'replace', path: `${TLS}/mode`, value: 'OPTIONAL_MUTUAL' }),
    ],
  },
  caughtBy,
});

/** The `ca.crt` of the Secret has not signed the clients' certificates; under a name that the gateway has never served. */
export const otherClientsAuthority = (caughtBy: string): Sabotage => ({
  name: 'ca.crt of another authority',
  change: {
    manifests: [
      jsonPatch('Gateway', 'grpc-gateway', {
        op: 'replace',
        path: `${TLS}/credentialName`,
        value: 'mutual-of-another',
      }),
      jsonPatch(
        'Secret',
        'grpc-mutual-credential',
        { op: 'replace', path: '/metadata/name', value: 'mutual-of-another' },
        { op: 'copy', from: '/data/tls.crt', path: '/data/ca.crt' },
      ),
    ],
  },
  caughtBy,
});

/** The client shows its good certificate after all. */
export const trustedAfterAll = (caughtBy: string): Sabotage => ({
  name: 'a client with the right certificate',
  change: { invocation: { clientCertificate: 'trusted' } },
  caughtBy,
});
