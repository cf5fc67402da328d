import type { CutFrame } from './frame-cutter.ts';
import { FLAG, settingName, TYPE } from './protocol.ts';

/** A frame's payload, read. Flow-controlled and header octets are told by size; padding is not among them. */
export type FrameFields =
  | {
      readonly kind: 'DATA';
      readonly bytes: number;
      readonly begin: Buffer;
      readonly endStream: boolean;
      readonly padding: number;
    }
  | {
      readonly kind: 'HEADERS';
      readonly block: Buffer;
      readonly endStream: boolean;
      readonly endHeaders: boolean;
      readonly padding: number;
    }
  | { readonly kind: 'PRIORITY'; readonly dependsOn: number; readonly weight: number }
  | { readonly kind: 'RST_STREAM'; readonly code: number }
  | {
      readonly kind: 'SETTINGS';
      readonly ack: boolean;
      readonly values: readonly (readonly [id: number, value: number])[];
    }
  | {
      readonly kind: 'PUSH_PROMISE';
      readonly promisedStreamId: number;
      readonly block: Buffer;
      readonly endHeaders: boolean;
    }
  | { readonly kind: 'PING'; readonly ack: boolean; readonly data: string }
  | {
      readonly kind: 'GOAWAY';
      readonly lastStreamId: number;
      readonly code: number;
      readonly debugData: string;
    }
  | { readonly kind: 'WINDOW_UPDATE'; readonly increment: number }
  | { readonly kind: 'CONTINUATION'; readonly block: Buffer; readonly endHeaders: boolean }
  | { readonly kind: 'UNKNOWN'; readonly type: number; readonly bytes: number }
  /** A frame that RFC 9113 does not allow, and what an endpoint would answer. */
  | { readonly kind: 'FAULT'; readonly fault: string };

/** Types whose frames belong to a stream, and those that belong to the connection (section 6). */
const ON_A_STREAM = new Set<number>([
  TYPE.DATA,
  TYPE.HEADERS,
  TYPE.PRIORITY,
  TYPE.RST_STREAM,
  TYPE.PUSH_PROMISE,
  TYPE.CONTINUATION,
]);
const ON_THE_CONNECTION = new Set<number>([TYPE.SETTINGS, TYPE.PING, TYPE.GOAWAY]);

const NAMES = Object.keys(TYPE);

/** The type's name, such as `DATA`; unknown types by their number. */
export const frameName = (type: number): string =>
  NAMES[type] ?? `type 0x${type.toString(16).padStart(2, '0')}`;

/** Reads a frame's payload. What the frame itself does wrong is a fault; the state of its stream is not looked at. */
export function readFields(frame: CutFrame): FrameFields {
  const { header, arrived } = frame;
  const { type, flags, length, streamId } = header;
  const name = frameName(type);
  if (arrived < length) return fault(`${name} cut short: ${arrived} of ${length} bytes arrived`);
  if (ON_A_STREAM.has(type) && streamId === 0) return fault(`${name} on stream 0`);
  if (ON_THE_CONNECTION.has(type) && streamId !== 0) return fault(`${name} on stream ${streamId}`);
  if (frame.payload.length < length && type !== TYPE.DATA && type in NAMES)
    return fault(`${name} of ${length} bytes was not kept`);
  switch (type) {
    case TYPE.DATA:
      return readData(frame);
    case TYPE.HEADERS:
      return readHeaders(frame);
    case TYPE.PUSH_PROMISE:
      return readPushPromise(frame);
    case TYPE.CONTINUATION:
      return { kind: 'CONTINUATION', block: frame.payload, endHeaders: (flags & FLAG.END_HEADERS) !== 0 };
    case TYPE.SETTINGS:
      return readSettings(frame);
    case TYPE.GOAWAY:
      if (length < 8) return wrongSize(name, length);
      return {
        kind: 'GOAWAY',
        lastStreamId: frame.payload.readUInt32BE(0) & 0x7fff_ffff,
        code: frame.payload.readUInt32BE(4),
        debugData: frame.payload.toString('latin1', 8),
      };
    case TYPE.PRIORITY:
      if (length !== 5) return wrongSize(name, length);
      return {
        kind: 'PRIORITY',
        dependsOn: frame.payload.readUInt32BE(0) & 0x7fff_ffff,
        weight: frame.payload.readUInt8(4) + 1,
      };
    case TYPE.RST_STREAM:
      if (length !== 4) return wrongSize(name, length);
      return { kind: 'RST_STREAM', code: frame.payload.readUInt32BE(0) };
    case TYPE.PING:
      if (length !== 8) return wrongSize(name, length);
      return { kind: 'PING', ack: (flags & FLAG.ACK) !== 0, data: frame.payload.toString('hex') };
    case TYPE.WINDOW_UPDATE:
      return readWindowUpdate(frame);
    default:
      return { kind: 'UNKNOWN', type, bytes: length };
  }
}

function readData({ header, payload }: CutFrame): FrameFields {
  const padded = (header.flags & FLAG.PADDED) !== 0;
  if (padded && header.length === 0) return wrongSize('DATA', 0);
  // Of a padded frame at least the first octet is kept.
  const padding = padded ? (payload[0] ?? 0) : 0;
  const bytes = header.length - padding - (padded ? 1 : 0);
  if (bytes < 0)
    return fault(`DATA with ${padding} bytes of padding in ${header.length} bytes: PROTOCOL_ERROR`);
  return {
    kind: 'DATA',
    bytes,
    begin: payload.subarray(padded ? 1 : 0, Math.min(payload.length, bytes + (padded ? 1 : 0))),
    endStream: (header.flags & FLAG.END_STREAM) !== 0,
    padding,
  };
}

function readHeaders({ header, payload }: CutFrame): FrameFields {
  const padded = (header.flags & FLAG.PADDED) !== 0;
  const before = (padded ? 1 : 0) + ((header.flags & FLAG.PRIORITY) !== 0 ? 5 : 0);
  const padding = padded ? (payload[0] ?? 0) : 0;
  if (before + padding > header.length) {
    return fault(`HEADERS with ${padding} bytes of padding in ${header.length} bytes: PROTOCOL_ERROR`);
  }
  return {
    kind: 'HEADERS',
    block: payload.subarray(before, header.length - padding),
    endStream: (header.flags & FLAG.END_STREAM) !== 0,
    endHeaders: (header.flags & FLAG.END_HEADERS) !== 0,
    padding,
  };
}

function readPushPromise({ header, payload }: CutFrame): FrameFields {
  const padded = (header.flags & FLAG.PADDED) !== 0;
  const before = padded ? 5 : 4;
  const padding = padded ? (payload[0] ?? 0) : 0;
  if (before + padding > header.length) return wrongSize('PUSH_PROMISE', header.length);
  return {
    kind: 'PUSH_PROMISE',
    promisedStreamId: payload.readUInt32BE(before - 4) & 0x7fff_ffff,
    block: payload.subarray(before, header.length - padding),
    endHeaders: (header.flags & FLAG.END_HEADERS) !== 0,
  };
}

function readSettings({ header, payload }: CutFrame): FrameFields {
  const ack = (header.flags & FLAG.ACK) !== 0;
  if (header.length % 6 !== 0 || (ack && header.length > 0)) return wrongSize('SETTINGS', header.length);
  const values: [number, number][] = [];
  for (let at = 0; at < payload.length; at += 6)
    values.push([payload.readUInt16BE(at), payload.readUInt32BE(at + 2)]);
  return { kind: 'SETTINGS', ack, values };
}

function readWindowUpdate({ header, payload }: CutFrame): FrameFields {
  if (header.length !== 4) return wrongSize('WINDOW_UPDATE', header.length);
  const increment = payload.readUInt32BE(0) & 0x7fff_ffff;
  return increment === 0 ? fault('WINDOW_UPDATE by 0: PROTOCOL_ERROR') : { kind: 'WINDOW_UPDATE', increment };
}

/** `MAX_CONCURRENT_STREAMS=100 INITIAL_WINDOW_SIZE=65535`. */
export const settingsText = (values: readonly (readonly [number, number])[]): string =>
  values.map(([id, value]) => `${settingName(id)}=${value}`).join(' ');

const fault = (text: string): FrameFields => ({ kind: 'FAULT', fault: text });
const wrongSize = (name: string, length: number): FrameFields =>
  fault(`${name} of ${length} bytes: FRAME_SIZE_ERROR`);
