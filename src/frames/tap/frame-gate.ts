import { CONNECTION_PREFACE, FRAME_HEADER_BYTES, type FrameHeader, type Sender } from '../wire/protocol.ts';

/** Picks frames by their header. */
type FramePicker = (header: FrameHeader) => boolean;

/**
 * Lets one direction of an HTTP/2 connection through, and can put frames in at a boundary and leave frames out.
 * As long as neither is asked for, chunks pass as they are.
 */
export class FrameGate {
  readonly #head = Buffer.alloc(FRAME_HEADER_BYTES);
  /** How much of the next frame's header has come in, and how much of that has gone out. */
  #headIn = 0;
  #headOut = 0;
  /** Octets to come before the next frame begins. */
  #left: number;
  #dropping = false;
  #waiting: Buffer[] = [];
  /** Frames to leave out. One that has begun to pass goes on passing. */
  drop: FramePicker | undefined;

  constructor(from: Sender) {
    this.#left = from === 'client' ? CONNECTION_PREFACE.length : 0;
  }

  /** @returns what may go out at once; empty if a frame is on its way, behind which this one then goes */
  putIn(frame: Buffer): Buffer[] {
    if (this.#left === 0 && this.#headOut === 0) return [frame];
    this.#waiting.push(frame);
    return [];
  }

  /** @returns what to pass on, in order */
  pass(chunk: Buffer): Buffer[] {
    const out: Buffer[] = [];
    let begin = 0;
    let at = 0;
    const letOut = (end: number): void => {
      if (end > begin) out.push(chunk.subarray(begin, end));
      begin = at;
    };
    if (this.drop === undefined && this.#headIn > this.#headOut) this.#letOutHead(out);
    while (at < chunk.length) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, chunk.length - at);
        at += step;
        this.#left -= step;
        if (this.#dropping) begin = at;
      } else {
        const start = at;
        at += this.#takeHead(chunk, at);
        if (this.drop !== undefined) {
          // Held back until it is whole and has been judged.
          letOut(start);
          if (this.#headIn === FRAME_HEADER_BYTES) this.#judge(out);
        } else if (this.#headIn === FRAME_HEADER_BYTES) {
          this.#enterFrame();
        } else {
          this.#headOut = this.#headIn;
        }
      }
      if (this.#left === 0 && this.#headIn === 0) {
        this.#dropping = false;
        if (this.#waiting.length > 0) {
          letOut(at);
          out.push(...this.#waiting.splice(0));
        }
      }
    }
    letOut(chunk.length);
    return out;
  }

  #takeHead(chunk: Buffer, at: number): number {
    const step = Math.min(FRAME_HEADER_BYTES - this.#headIn, chunk.length - at);
    chunk.copy(this.#head, this.#headIn, at, at + step);
    this.#headIn += step;
    return step;
  }

  #judge(out: Buffer[]): void {
    const header = {
      length: this.#head.readUIntBE(0, 3),
      type: this.#head.readUInt8(3),
      flags: this.#head.readUInt8(4),
      streamId: this.#head.readUInt32BE(5) & 0x7fff_ffff,
    };
    if (this.#headOut === 0 && this.drop?.(header) === true) this.#dropping = true;
    else this.#letOutHead(out);
    this.#enterFrame();
  }

  #letOutHead(out: Buffer[]): void {
    out.push(Buffer.from(this.#head.subarray(this.#headOut, this.#headIn)));
    this.#headOut = this.#headIn;
  }

  #enterFrame(): void {
    this.#left = this.#head.readUIntBE(0, 3);
    this.#headIn = 0;
    this.#headOut = 0;
  }
}
