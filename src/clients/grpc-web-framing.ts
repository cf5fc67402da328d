/**
 * gRPC-Web's body format (gRPC's `PROTOCOL-WEB.md`): each frame is one flag byte, a 4-byte big-endian length, and
 * that many bytes. The last frame carries the trailers. Text mode is the same in base64, where padding may stand
 * anywhere because each writer encodes its own piece.
 */

/** Flag bit of the frame that carries trailers. */
const TRAILERS = 0x80;
/** Flag bit of a compressed frame. Neither this client nor the gateway asks for compression. */
const COMPRESSED = 0x01;
const HEADER_BYTES = 5;

/** A frame of a gRPC-Web body. */
export type Frame =
  | { readonly kind: 'message'; readonly data: Buffer }
  | { readonly kind: 'trailers'; readonly trailers: Readonly<Record<string, readonly string[]>> };

/** A body that is no gRPC-Web; the message says what is wrong with it. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
}

/** One message as it is sent. */
export function encodeMessage(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(HEADER_BYTES + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, HEADER_BYTES);
  return frame;
}

/** Turns the bytes of a reply, in whatever pieces they come, into frames. */
export class FrameDecoder {
  #pending: Buffer = Buffer.alloc(0);
  #ended = false;

  /** @throws FramingError on a compressed frame, or on bytes behind the trailers */
  push(chunk: Uint8Array): Frame[] {
    this.#pending = this.#pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#pending, chunk]);
    const frames: Frame[] = [];
    while (this.#pending.length > 0) {
      if (this.#ended) throw new FramingError('the body goes on after its trailers frame');
      if (this.#pending.length < HEADER_BYTES) break;
      const flags = this.#pending.readUInt8(0);
      const end = HEADER_BYTES + this.#pending.readUInt32BE(1);
      if ((flags & COMPRESSED) !== 0) throw new FramingError('a compressed frame, though none was asked for');
      if ((flags & ~TRAILERS) !== 0)
        throw new FramingError(`a frame with unknown flags 0x${flags.toString(16)}`);
      if (this.#pending.length < end) break;
      const data = this.#pending.subarray(HEADER_BYTES, end);
      this.#pending = this.#pending.subarray(end);
      if ((flags & TRAILERS) === 0) {
        frames.push({ kind: 'message', data });
      } else {
        this.#ended = true;
        frames.push({ kind: 'trailers', trailers: parseTrailers(data.toString('latin1')) });
      }
    }
    return frames;
  }

  /**
   * To be called at the end of the body.
   *
   * @throws FramingError when the body ends inside a frame
   */
  end(): void {
    if (this.#pending.length > 0) {
      throw new FramingError(`the body ended inside a frame, ${this.#pending.length} bytes into it`);
    }
  }
}

/** Turns the text of a text-mode reply into bytes, four characters at a time: padding may end any such group. */
export class Base64Decoder {
  #pending = '';

  /** @throws FramingError on text that is no base64 */
  push(text: string): Buffer {
    const all = this.#pending + text;
    const whole = all.length - (all.length % 4);
    this.#pending = all.slice(whole);
    const pieces: Buffer[] = [];
    // Each run of groups up to and including one with padding is base64 of its own.
    const run = /(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)/y;
    let at = 0;
    while (at < whole) {
      run.lastIndex = at;
      const match = run.exec(all.slice(0, whole));
      if (match === null) throw new FramingError(`no base64: ${JSON.stringify(all.slice(at, at + 20))}`);
      pieces.push(Buffer.from(match[0], 'base64'));
      at = run.lastIndex;
    }
    return Buffer.concat(pieces);
  }

  /** @throws FramingError when the text ends inside a group of four */
  end(): void {
    if (this.#pending !== '') {
      throw new FramingError(`the text ended inside a base64 group: ${JSON.stringify(this.#pending)}`);
    }
  }
}

/** A block of `key:value` lines; blanks around the value do not belong to it. */
function parseTrailers(block: string): Readonly<Record<string, readonly string[]>> {
  const trailers: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const line of block.split('\r\n')) {
    if (line === '') continue;
    const colon = line.indexOf(':');
    if (colon <= 0) throw new FramingError(`a line of the trailers without a colon: ${JSON.stringify(line)}`);
    (trailers[line.slice(0, colon).trim().toLowerCase()] ??= []).push(line.slice(colon + 1).trim());
  }
  return trailers;
}
