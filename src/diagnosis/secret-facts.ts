import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { KubernetesObject } from '@kubernetes/client-node';
import type { SecretFacts } from './evidence.ts';

/** What may be known of a Secret: nothing of its key but whether it is the certificate's. */
export function secretFactsOf(secret: KubernetesObject): SecretFacts {
  const namespace = secret.metadata?.namespace ?? 'default';
  const name = secret.metadata?.name ?? '';
  const data = (secret as { data?: Readonly<Record<string, string>> }).data ?? {};
  const pem = (key: string) => Buffer.from(data[key] ?? '', 'base64');
  try {
    const certificate = new X509Certificate(pem('tls.crt'));
    return {
      namespace,
      name,
      certificate: {
        names: (certificate.subjectAltName ?? '').split(', ').map((each) => each.replace(/^[^:]*:/, '')),
        issuer: certificate.issuer,
        notBefore: new Date(certificate.validFrom).toISOString(),
        notAfter: new Date(certificate.validTo).toISOString(),
        keyMatches: ownKey(certificate, pem('tls.key')),
      },
    };
  } catch {
    return { namespace, name };
  }
}

function ownKey(certificate: X509Certificate, key: Buffer): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
