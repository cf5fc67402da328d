import { describe, test } from 'vitest';
import { type Planted, ownDiagnosing } from './diagnosing.ts';
import { canRunLocally } from './meshproof.ts';

const PLANTED: readonly Planted[] = [
  {
    scenario: 'secret-missing',
    cause: 'secret-missing',
    object: 'Gateway default/grpc-gateway',
    outside: 'secret-missing',
  },
  {
    scenario: 'port-80-became-tls',
    port: 80,
    cause: 'plaintext-to-tls-listener',
    outside: 'plaintext-to-tls-listener',
  },
  { scenario: 'sni-of-no-server', cause: 'sni-of-no-server', outside: 'sni-of-no-server' },
  { scenario: 'certificate-expired', cause: 'certificate-expired', outside: 'certificate-expired' },
  { scenario: 'alpn-without-h2', cause: 'alpn-without-h2', outside: 'alpn-without-h2' },
  { scenario: 'https-redirect', port: 80, cause: 'https-redirect', outside: 'https-redirect' },
  { scenario: 'route-under-tcp', cause: 'route-under-tcp-or-tls', outside: 'route-matches-otherwise' },
  { scenario: 'route-at-another-gateway', cause: 'route-not-at-gateway', outside: 'route-matches-otherwise' },
];

describe.skipIf(!canRunLocally)('meshproof diagnose, the catalogue', () => {
  const { finds } = ownDiagnosing('test-diagnose-all');

  test.each(PLANTED)('$scenario: $cause from within, $outside from outside', finds);
});
