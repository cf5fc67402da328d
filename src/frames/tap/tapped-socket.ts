import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { encodeGoaway, encodeRstStream } from '../wire/encode.ts';
import { frameName } from '../wire/frame-fields.ts';
import { errorCode, type FrameHeader, type Sender } from '../wire/protocol.ts';
import { FrameGate } from './frame-gate.ts';
import type { HowEnded, Recorder } from './recorder.ts';

/**
 * Stands between an accepted socket and the server that speaks HTTP/2 on it: writes down the bytes of both
 * directions before anyone has parsed them, and does to the connection what no HTTP/2 library would do.
 *
 * The server's library does not know of frames put in or left out here. In particular a header block that is left
 * out leaves the peer's HPACK table behind, so that later blocks of the connection cannot be read, and octets of
 * DATA that are left out stay taken from the flow-control windows.
 */
export class TappedSocket extends Duplex {
  readonly #socket: Socket;
  readonly #recorder: Recorder;
  readonly #gates: Readonly<Record<Sender, FrameGate>> = {
    client: new FrameGate('client'),
    server: new FrameGate('server'),
  };
  readonly #ended = new Set<Sender>();

  constructor(socket: Socket, recorder: Recorder) {
    super();
    this.#socket = socket;
    this.#recorder = recorder;
    socket.on('data', (chunk: Buffer) => this.#received(chunk));
    socket.on('end', () => {
      this.#end('client', 'FIN');
      this.push(null);
    });
    socket.on('error', (error) => {
      this.#end('client', 'RST');
      this.destroy(error);
    });
    socket.on('close', () => this.destroy());
    socket.pause();
  }

  /** Writes RST_STREAM as soon as no frame is half out. Further frames of the stream are not held back. */
  resetStream(streamId: number, code: number): void {
    this.#recorder.note('server', streamId, `put in RST_STREAM ${errorCode(code)}`);
    this.#send(this.#gates.server.putIn(encodeRstStream(streamId, code)));
  }

  /** Writes GOAWAY as soon as no frame is half out. A last stream id of 0 disowns all streams. */
  goaway(lastStreamId: number, code: number, debugData = ''): void {
    this.#recorder.note('server', 0, `put in GOAWAY ${errorCode(code)}`);
    this.#send(this.#gates.server.putIn(encodeGoaway(lastStreamId, code, debugData)));
  }

  /**
   * Leaves out the picked frames that this end has sent and that begin from now on; undefined for none. Those picked
   * `untold` leave no note in the timeline.
   */
  dropFrames(from: Sender, picker: ((header: FrameHeader) => boolean | 'untold') | undefined): void {
    this.#gates[from].drop =
      picker === undefined
        ? undefined
        : (header) => {
            const picked = picker(header);
            if (picked === true) this.#recorder.note(from, header.streamId, `left out ${sizeText(header)}`);
            return picked !== false;
          };
  }

  /** Ends the TCP connection now, by FIN or by RST. */
  cut(how: HowEnded): void {
    this.#end('server', how);
    if (how === 'RST') this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#socket.remotePort;
  }

  setNoDelay(noDelay?: boolean): this {
    this.#socket.setNoDelay(noDelay);
    return this;
  }

  setKeepAlive(enable?: boolean, initialDelayMs?: number): this {
    this.#socket.setKeepAlive(enable, initialDelayMs);
    return this;
  }

  setTimeout(ms: number, listener?: () => void): this {
    this.#socket.setTimeout(ms, listener);
    return this;
  }

  ref(): this {
    this.#socket.ref();
    return this;
  }

  unref(): this {
    this.#socket.unref();
    return this;
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#send(this.#passed('server', chunk), done);
  }

  override _writev(
    chunks: readonly { readonly chunk: Buffer }[],
    done: (error?: Error | null) => void,
  ): void {
    this.#send(
      gathered(chunks.map(({ chunk }) => chunk)).flatMap((chunk) => this.#passed('server', chunk)),
      done,
    );
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#end('server', 'FIN');
    this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#end('server', error === null ? 'FIN' : 'RST');
    this.#socket.destroy();
    done(error);
  }

  /** What has arrived is on the record whether or not it is passed on. */
  #received(chunk: Buffer): void {
    this.#recorder.bytes('client', chunk);
    let more = true;
    for (const piece of this.#passed('client', chunk)) more = this.push(piece);
    if (!more) this.#socket.pause();
  }

  #passed(from: Sender, chunk: Buffer): Buffer[] {
    return this.#recorder.isHttp2('client') ? this.#gates[from].pass(chunk) : [chunk];
  }

  #send(pieces: readonly Buffer[], done: (error?: Error | null) => void = () => undefined): void {
    if (pieces.length === 0 || this.#socket.destroyed) {
      done();
      return;
    }
    this.#socket.cork();
    pieces.forEach((piece, i) => {
      this.#recorder.bytes('server', piece);
      if (i < pieces.length - 1) this.#socket.write(piece);
      else this.#socket.write(piece, (error) => done(error));
    });
    this.#socket.uncork();
  }

  #end(from: Sender, how: HowEnded): void {
    if (this.#ended.has(from)) return;
    this.#ended.add(from);
    this.#recorder.ended(from, how);
  }
}

const sizeText = ({ type, length }: FrameHeader): string => `${frameName(type)} of ${length} bytes`;

/** Octets up to which copying costs less than another piece to write. */
const SMALL_BYTES = 1024;
const MOST_BYTES = 32 * 1024;

/** node:http2 hands over each frame in pieces of a few octets; these are put together. */
function gathered(chunks: readonly Buffer[]): Buffer[] {
  const out: Buffer[] = [];
  let small: Buffer[] = [];
  let bytes = 0;
  const flush = (): void => {
    if (small.length > 0) out.push(Buffer.concat(small, bytes));
    small = [];
    bytes = 0;
  };
  for (const chunk of chunks) {
    if (bytes + chunk.length > MOST_BYTES) flush();
    if (chunk.length > SMALL_BYTES) {
      flush();
      out.push(chunk);
    } else {
      small.push(chunk);
      bytes += chunk.length;
    }
  }
  flush();
  return out;
}
