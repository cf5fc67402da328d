import fc from 'fast-check';
import { encodeFrame } from '../../../src/frames/wire/encode.ts';
import type { FrameHeader } from '../../../src/frames/wire/protocol.ts';

/** A frame of any type with any flags, and its bytes. */
export interface AnyFrame {
  readonly header: FrameHeader;
  readonly payload: Buffer;
  readonly bytes: Buffer;
}

export const anyFrame = fc
  .record({
    type: fc.integer({ min: 0, max: 12 }),
    flags: fc.integer({ min: 0, max: 255 }),
    streamId: fc.integer({ min: 0, max: 9 }),
    payload: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  })
  .map(({ type, flags, streamId, payload }): AnyFrame => ({
    header: { type, flags, streamId, length: payload.length },
    payload,
    bytes: encodeFrame(type, flags, streamId, payload),
  }));

/** Cuts bytes at the given places, as fractions of their length. */
export function chunked(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set([0, ...cuts.map((cut) => Math.floor(cut * bytes.length)), bytes.length])].sort(
    (a, b) => a - b,
  );
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end));
}

export const anyCuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 });
