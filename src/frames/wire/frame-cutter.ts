import {
  CONNECTION_PREFACE,
  DEFAULT_MAX_FRAME_BYTES,
  FRAME_HEADER_BYTES,
  TYPE,
  type FrameHeader,
  type Sender,
} from './protocol.ts';

/** A frame as it was cut out of the byte stream. */
export interface CutFrame {
  readonly header: FrameHeader;
  /** Octets on the connection, in this direction, before this frame's header. */
  readonly offset: number;
  /** The beginning of the payload, as much of it as was to be kept. */
  readonly payload: Buffer;
  /** Octets of payload that arrived: fewer than the header says if the connection ended within the frame. */
  readonly arrived: number;
}

/** Takes what a {@link FrameCutter} finds. */
export interface CutterSink {
  /** Called when a frame's header is complete: how many octets of its payload to keep. */
  keep(header: FrameHeader): number;
  frame(frame: CutFrame): void;
  /** The bytes from here on are not HTTP/2. Called once, with the first of them; then {@link CutterSink.stray}. */
  notHttp2(offset: number, reason: string): void;
  stray(bytes: Buffer): void;
}

type State = 'preface' | 'first frame' | 'frames' | 'stray';

const NOTHING = Buffer.alloc(0);

/**
 * Cuts one direction of a connection into frames, however the bytes are chunked. It looks at frame headers only,
 * keeps no more than its sink asks for, and never throws.
 */
export class FrameCutter {
  readonly #sink: CutterSink;
  #state: State;
  /** The part of the preface, or of a frame's header, that has arrived. */
  readonly #head = Buffer.alloc(CONNECTION_PREFACE.length);
  #headBytes = 0;
  #current: FrameHeader | undefined;
  #payload: Buffer = NOTHING;
  #arrived = 0;
  #offset = 0;
  #frameOffset = 0;
  /** Largest payload that the receiving end has allowed. */
  maxFrameBytes = DEFAULT_MAX_FRAME_BYTES;

  constructor(from: Sender, sink: CutterSink) {
    this.#sink = sink;
    this.#state = from === 'client' ? 'preface' : 'first frame';
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      const step =
        this.#state === 'stray'
          ? this.#stray(chunk, at)
          : this.#current === undefined
            ? this.#readHead(chunk, at)
            : this.#readPayload(chunk, at, this.#current);
      at += step;
      this.#offset += step;
    }
  }

  /** Hands out what is left when no more bytes will come: a frame cut short, or the beginning of a header. */
  end(): void {
    if (this.#current !== undefined) this.#emit(this.#current);
    else if (this.#headBytes > 0) this.#giveUp('the connection ended within the header of a frame');
  }

  #stray(chunk: Buffer, at: number): number {
    this.#sink.stray(chunk.subarray(at));
    return chunk.length - at;
  }

  #readHead(chunk: Buffer, at: number): number {
    if (this.#headBytes === 0) this.#frameOffset = this.#offset;
    const wanted = this.#state === 'preface' ? CONNECTION_PREFACE.length : FRAME_HEADER_BYTES;
    const step = Math.min(wanted - this.#headBytes, chunk.length - at);
    chunk.copy(this.#head, this.#headBytes, at, at + step);
    this.#headBytes += step;
    const head = this.#head.subarray(0, this.#headBytes);
    if (this.#state === 'preface' && !head.equals(CONNECTION_PREFACE.subarray(0, head.length))) {
      this.#giveUp("the connection does not begin with HTTP/2's preface");
    } else if (this.#state === 'first frame' && !mayBeginAServer(head)) {
      this.#giveUp('the first bytes are not a SETTINGS frame');
    } else if (this.#headBytes === wanted) {
      if (this.#state === 'preface') {
        this.#headBytes = 0;
        this.#state = 'frames';
      } else {
        this.#beginFrame(head);
      }
    }
    return step;
  }

  #beginFrame(head: Buffer): void {
    const header = {
      length: head.readUIntBE(0, 3),
      type: head.readUInt8(3),
      flags: head.readUInt8(4),
      streamId: head.readUInt32BE(5) & 0x7fff_ffff,
    };
    if (header.length > this.maxFrameBytes) {
      this.#giveUp(`a frame of ${header.length} bytes, where ${this.maxFrameBytes} are allowed`);
      return;
    }
    this.#state = 'frames';
    this.#headBytes = 0;
    this.#current = header;
    this.#arrived = 0;
    const kept = Math.min(this.#sink.keep(header), header.length);
    this.#payload = kept > 0 ? Buffer.allocUnsafe(kept) : NOTHING;
    if (header.length === 0) this.#emit(header);
  }

  #readPayload(chunk: Buffer, at: number, header: FrameHeader): number {
    const step = Math.min(header.length - this.#arrived, chunk.length - at);
    if (this.#arrived < this.#payload.length) chunk.copy(this.#payload, this.#arrived, at, at + step);
    this.#arrived += step;
    if (this.#arrived === header.length) this.#emit(header);
    return step;
  }

  #emit(header: FrameHeader): void {
    const payload = this.#payload.subarray(0, Math.min(this.#arrived, this.#payload.length));
    this.#current = undefined;
    this.#payload = NOTHING;
    this.#sink.frame({ header, offset: this.#frameOffset, payload, arrived: this.#arrived });
  }

  /** The head is given out as stray too, so that nobody misses the first bytes. */
  #giveUp(reason: string): void {
    this.#state = 'stray';
    const head = Buffer.from(this.#head.subarray(0, this.#headBytes));
    this.#headBytes = 0;
    this.#sink.notHttp2(this.#frameOffset, reason);
    this.#sink.stray(head);
  }
}

/**
 * Whether a server may begin like this: with SETTINGS or, refusing, GOAWAY, on stream 0, and not longer than
 * 65 535 bytes. Decided at the earliest byte, since a TLS alert is shorter than a frame's header.
 */
function mayBeginAServer(head: Buffer): boolean {
  const type = head[3] ?? TYPE.SETTINGS;
  return (
    (head[0] ?? 0) === 0 &&
    (type === TYPE.SETTINGS || type === TYPE.GOAWAY) &&
    head.subarray(5).every((byte) => byte === 0)
  );
}
