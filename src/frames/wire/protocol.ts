/** The constants of HTTP/2 (RFC 9113) that everything else here is written in. */

/** Octets of a frame before its payload (section 4.1). */
export const FRAME_HEADER_BYTES = 9;

/** What a client sends first (section 3.4). */
export const CONNECTION_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** SETTINGS_MAX_FRAME_SIZE until the receiver of the frames says otherwise (section 6.5.2). */
export const DEFAULT_MAX_FRAME_BYTES = 16_384;

/** Frame types by number (section 6). */
export const TYPE = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

/** Flags by the names that the frame types give them. */
export const FLAG = {
  END_STREAM: 0x01,
  ACK: 0x01,
  END_HEADERS: 0x04,
  PADDED: 0x08,
  PRIORITY: 0x20,
} as const;

/** Which end of the connection: the one that opened it, or the one that accepted it. */
export type Sender = 'client' | 'server';

/** The other end. */
export const peerOf = (sender: Sender): Sender => (sender === 'client' ? 'server' : 'client');

export interface FrameHeader {
  /** Octets of payload. */
  readonly length: number;
  /** A number of {@link TYPE}, or any other up to 255. */
  readonly type: number;
  readonly flags: number;
  /** 0 for the connection as a whole. The reserved bit is dropped. */
  readonly streamId: number;
}

/** Error codes by number (section 7). */
const ERROR_CODES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
] as const;

/** `CANCEL (8)`; unknown codes by their number alone. */
export function errorCode(code: number): string {
  const name = ERROR_CODES[code];
  return name === undefined ? `code ${code}` : `${name} (${code})`;
}

const SETTINGS = [
  'HEADER_TABLE_SIZE',
  'ENABLE_PUSH',
  'MAX_CONCURRENT_STREAMS',
  'INITIAL_WINDOW_SIZE',
  'MAX_FRAME_SIZE',
  'MAX_HEADER_LIST_SIZE',
] as const;

/** Numbers of the settings that the decoder itself obeys. */
export const SETTING = { HEADER_TABLE_SIZE: 1, MAX_FRAME_SIZE: 5 } as const;

/** The name without its `SETTINGS_`; unknown settings by their number. */
export const settingName = (id: number): string => SETTINGS[id - 1] ?? `0x${id.toString(16)}`;
