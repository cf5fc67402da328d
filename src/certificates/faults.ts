import { type KeyPair, TestAuthority } from './authority.ts';

const HOUR_MS = 60 * 60 * 1000;

/** What can be wrong with a server's certificate while its Secret is there and named rightly; or that nothing is. */
export type CertificateFault =
  /** It was valid until an hour ago. */
  | 'expired'
  /** The private key beside it belongs to another certificate. */
  | 'key of another'
  /** It names another host. */
  | 'other host'
  /** Another authority has signed it, one that no client trusts. */
  | 'other authority'
  /** Nothing: it is a new one for the same host. So that it is told from the first, it names `renewed.` that host too. */
  | 'renewed';

/** A certificate for `host` with this one thing wrong with it. */
export async function issueWithFault(
  authority: TestAuthority,
  host: string,
  fault: CertificateFault,
): Promise<KeyPair> {
  const names = [host];
  switch (fault) {
    case 'renewed':
      return authority.issue({ names: [host, `renewed.${host}`] });
    case 'expired':
      return authority.issue({
        names,
        notBefore: new Date(Date.now() - 2 * HOUR_MS),
        notAfter: new Date(Date.now() - HOUR_MS),
      });
    case 'key of another':
      return { ...(await authority.issue({ names })), key: (await authority.issue({ names })).key };
    case 'other host':
      return authority.issue({ names: [`other.${host}`] });
    case 'other authority':
      return (await TestAuthority.create('an authority that nobody trusts')).issue({ names });
  }
}
