import { X509Certificate } from 'node:crypto';
import type { KubernetesObject, V1Secret } from '@kubernetes/client-node';
import { keyBelongsTo } from '../certificates/key-match.ts';
import type { Placement } from './placement.ts';

/** Envoy and OpenSSL write a serial number in their own ways. */
export const normalise = (serial: string) => serial.toLowerCase().replace(/^0+/, '');

/** The names of the Secrets that a Gateway asks for: Istio's or Gateway API's. */
function credentialsOf(object: KubernetesObject): string[] {
  const { spec } = object as {
    spec?: {
      servers?: { tls?: { credentialName?: string } }[];
      addresses?: unknown[];
      listeners?: { tls?: { certificateRefs?: { name: string }[] } }[];
    };
  };
  // For a Gateway of Gateway API that is bound to no address Istio makes another gateway than this one.
  if (spec?.listeners !== undefined && spec.addresses === undefined) return [];
  return [
    ...(spec?.servers ?? []).flatMap(({ tls }) => tls?.credentialName ?? []),
    ...(spec?.listeners ?? []).flatMap(({ tls }) => (tls?.certificateRefs ?? []).map(({ name }) => name)),
  ];
}

/**
 * Serials of the certificates that a Gateway among `applied` names and whose Secret is usable
 * there. A Secret elsewhere, or one whose key is another's, is never delivered, and its absence cannot be awaited.
 */
export function wantedSerials(
  applied: readonly KubernetesObject[],
  placement: Placement,
): Map<string, string> {
  const named = new Set(
    applied.filter((object) => object.kind === 'Gateway').flatMap((object) => credentialsOf(object)),
  );
  const wanted = new Map<string, string>();
  for (const object of applied as readonly V1Secret[]) {
    const { name = '', namespace } = object.metadata ?? {};
    const certificate = object.data?.['tls.crt'];
    if (object.kind !== 'Secret' || namespace !== placement.gateway || !named.has(name) || !certificate)
      continue;
    const pem = Buffer.from(certificate, 'base64').toString();
    const key = Buffer.from(object.data?.['tls.key'] ?? '', 'base64').toString();
    if (keyBelongsTo(pem, key)) wanted.set(name, normalise(new X509Certificate(pem).serialNumber));
  }
  return wanted;
}
