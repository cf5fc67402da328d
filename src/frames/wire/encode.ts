import { FRAME_HEADER_BYTES, TYPE } from './protocol.ts';

/**
 * A frame's bytes.
 *
 * @param type a number of TYPE, or any other up to 255
 * @param payload at most 2^24 - 1 octets
 */
export function encodeFrame(type: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + payload.length);
  frame.writeUIntBE(payload.length, 0, 3);
  frame.writeUInt8(type, 3);
  frame.writeUInt8(flags, 4);
  frame.writeUInt32BE(streamId, 5);
  payload.copy(frame, FRAME_HEADER_BYTES);
  return frame;
}

/** RST_STREAM with any code. */
export function encodeRstStream(streamId: number, code: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(code);
  return encodeFrame(TYPE.RST_STREAM, 0, streamId, payload);
}

/** GOAWAY with any code; a last stream id of 0 disowns all streams. */
export function encodeGoaway(lastStreamId: number, code: number, debugData = ''): Buffer {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(lastStreamId, 0);
  payload.writeUInt32BE(code, 4);
  return encodeFrame(TYPE.GOAWAY, 0, 0, Buffer.concat([payload, Buffer.from(debugData, 'latin1')]));
}
