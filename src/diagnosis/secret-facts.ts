import { X509Certificate } from 'node:crypto';
import type { KubernetesObject } from '@kubernetes/client-node';
import { keyBelongsTo } from '../certificates/key-match.ts';
import type { SecretFacts } from './evidence.ts';

/** What may be known of a Secret: nothing of its key but whether it is the certificate's. */
export function secretFactsOf(secret: KubernetesObject): SecretFacts {
  const namespace = secret.metadata?.namespace ?? 'default';
  const name = secret.metadata?.name ?? '';
  const data = (secret as { data?: Readonly<Record<string, string>> }).data ?? {};
  const pem = (key: string) => Buffer.from(data[key] ?? '', 'base64').toString();
  const clients = 'ca.crt' in data ? ({ hasClientsAuthority: true } as const) : {};
  try {
    const certificate = new X509Certificate(pem('tls.crt'));
    return {
      namespace,
      name,
      ...clients,
      certificate: {
        names: (certificate.subjectAltName ?? '').split(', ').map((each) => each.replace(/^[^:]*:/, '')),
        issuer: certificate.issuer,
        notBefore: new Date(certificate.validFrom).toISOString(),
        notAfter: new Date(certificate.validTo).toISOString(),
        keyMatches: keyBelongsTo(pem('tls.crt'), pem('tls.key')),
      },
    };
  } catch {
    return { namespace, name, ...clients };
  }
}
