/** What a TLS client asks for, so far as a tap has to ask for the same. */
export interface ClientHello {
  /** SNI; undefined when there is none. */
  readonly serverName: string | undefined;
  /** Protocols offered by ALPN, in order; empty when the extension is absent. */
  readonly alpn: readonly string[];
}

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const RECORD_HEADER_BYTES = 5;
const SERVER_NAME = 0;
const ALPN = 16;
/** More than any real client sends. */
const MAX_BYTES = 64 * 1024;

/**
 * Reads the first bytes of a connection (RFC 8446, sections 4.1.2 and 5.1).
 *
 * @returns `more` if they are the beginning of a ClientHello, `no` if they are not one
 */
export function readClientHello(bytes: Buffer): ClientHello | 'more' | 'no' {
  if (bytes.length > MAX_BYTES) return 'no';
  const handshake = handshakeIn(bytes);
  if (handshake === 'no') return 'no';
  if (handshake.length < 4) return 'more';
  if (handshake[0] !== CLIENT_HELLO) return 'no';
  const end = 4 + handshake.readUIntBE(1, 3);
  if (end > MAX_BYTES) return 'no';
  if (handshake.length < end) return 'more';
  return readBody(new Cursor(handshake.subarray(4, end)));
}

/** The handshake message, which may be spread over several records. */
function handshakeIn(bytes: Buffer): Buffer | 'no' {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] !== HANDSHAKE_RECORD || (at + 1 < bytes.length && bytes[at + 1] !== 3)) return 'no';
    if (bytes.length < at + RECORD_HEADER_BYTES) break;
    const end = at + RECORD_HEADER_BYTES + bytes.readUInt16BE(at + 3);
    parts.push(bytes.subarray(at + RECORD_HEADER_BYTES, end));
    at = end;
  }
  return Buffer.concat(parts);
}

function readBody(body: Cursor): ClientHello | 'no' {
  body.skip(2 + 32);
  body.skip(body.integer(1));
  body.skip(body.integer(2));
  body.skip(body.integer(1));
  let serverName: string | undefined;
  const alpn: string[] = [];
  const extensions = body.part(body.integer(2));
  while (extensions.left > 0 && !extensions.overrun) {
    const type = extensions.integer(2);
    const content = extensions.part(extensions.integer(2));
    if (type === SERVER_NAME) {
      const names = content.part(content.integer(2));
      if (names.integer(1) === 0) serverName = names.text(names.integer(2));
      if (names.overrun) return 'no';
    } else if (type === ALPN) {
      const names = content.part(content.integer(2));
      while (names.left > 0 && !names.overrun) alpn.push(names.text(names.integer(1)));
      if (names.overrun) return 'no';
    }
  }
  return body.overrun || extensions.overrun ? 'no' : { serverName, alpn };
}

/** Reads on; past the end it gives zeros and says so. */
class Cursor {
  readonly #bytes: Buffer;
  #at = 0;
  overrun = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  integer(bytes: number): number {
    const part = this.#take(bytes);
    return part.length < bytes ? 0 : part.readUIntBE(0, bytes);
  }

  text(bytes: number): string {
    return this.#take(bytes).toString('latin1');
  }

  part(bytes: number): Cursor {
    return new Cursor(this.#take(bytes));
  }

  skip(bytes: number): void {
    this.#take(bytes);
  }

  #take(bytes: number): Buffer {
    if (bytes > this.left) this.overrun = true;
    const part = this.#bytes.subarray(this.#at, this.#at + bytes);
    this.#at += part.length;
    return part;
  }
}
