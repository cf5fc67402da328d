import { createHash } from 'node:crypto';
import type { ReceivedMessage } from './record.ts';

/** A decoded message as a record keeps it: its payload as size and digest, other bytes as base64. */
export function receivedMessage(atMs: number, message: object): ReceivedMessage {
  const { payload, ...rest } = message as Readonly<Record<string, unknown>>;
  const body = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [
      key,
      Buffer.isBuffer(value) ? value.toString('base64') : value,
    ]),
  );
  return {
    atMs,
    body,
    ...(Buffer.isBuffer(payload) ? { payload: { size: payload.length, sha256: digest(payload) } } : {}),
  };
}

/**
 * The payload that belongs to a sequence number, as the sample services make it: byte i is (sequence + i) modulo
 * 256. Requests use the same, so that a reply's payload can be judged from its sequence and size alone.
 */
export function patternPayload(sequence: number, size: number): Buffer {
  const payload = Buffer.alloc(size);
  for (let i = 0; i < size; i++) payload[i] = (sequence + i) % 256;
  return payload;
}

/** Lower-case hexadecimal SHA-256. */
export const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
