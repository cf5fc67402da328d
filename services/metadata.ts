import { constants } from 'node:http2';
import { Metadata } from '@grpc/grpc-js';
import type { Metadatum } from './contract.ts';

/** HTTP's own header names, which HTTP/2 does not let come twice. */
const STANDARD = new Set(
  Object.entries(constants)
    .filter(([name]) => name.startsWith('HTTP2_HEADER_'))
    .map(([, value]) => String(value)),
);
/** RFC 9113, section 8.2.2: connection-specific, never in HTTP/2. */
const FORBIDDEN = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

const MS_PER_UNIT = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/**
 * Metadata out of a script.
 *
 * @throws Error naming the key, if gRPC or HTTP/2 could not carry it
 */
export function metadataFrom(entries: readonly Metadatum[]): Metadata {
  const metadata = new Metadata();
  for (const { key, value, binary_value } of entries) {
    if (key.startsWith(':') || FORBIDDEN.has(key)) throw new Error(`"${key}" cannot be metadata in HTTP/2`);
    if (STANDARD.has(key) && metadata.get(key).length > 0)
      throw new Error(`header "${key}" cannot be repeated`);
    metadata.add(key, key.endsWith('-bin') ? binary_value : value);
  }
  return metadata;
}

/** Bytes of names and values, as HTTP/2 counts them (RFC 9113, section 10.5.1: 32 more for each). */
export function sizeOfMetadata(entries: readonly Metadatum[]): number {
  return entries.reduce(
    (sum, { key, value, binary_value }) =>
      sum + 32 + key.length + value.length + Math.ceil(binary_value.length / 3) * 4,
    0,
  );
}

/** Milliseconds of a grpc-timeout (gRPC over HTTP2, "Timeout"); -1 for none or one that is not valid. */
export function timeoutMs(header: string): number {
  const match = /^(\d{1,8})([HMSmun])$/.exec(header);
  if (match === null) return -1;
  return Number(match[1]) * MS_PER_UNIT[match[2] as keyof typeof MS_PER_UNIT];
}
