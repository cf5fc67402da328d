import { X509Certificate, createPrivateKey } from 'node:crypto';

/** Whether a private key, as PEM, belongs to a certificate; not when one of the two cannot be read. */
export function keyBelongsTo(certificate: string, key: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
