import type { CertificateIssuer } from '../frames/tap/tls-legs.ts';
import { TestAuthority } from './authority.ts';

/** Issues what taps show to clients: certificates of an authority, and of a stranger that is made when it is needed. */
export function issuerOf(authority: TestAuthority): CertificateIssuer {
  let stranger: Promise<TestAuthority> | undefined;
  return {
    authorityPem: authority.pem,
    issue: async ({ by, ...wanted }) => {
      const issuing =
        by === 'authority' ? authority : await (stranger ??= TestAuthority.create('a stranger'));
      return issuing.issue(wanted);
    },
  };
}
