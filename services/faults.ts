import { constants, type ServerHttp2Stream } from 'node:http2';
import type { TappedSocket } from '../src/frames/tap/tapped-socket.ts';
import { TYPE, type FrameHeader } from '../src/frames/wire/protocol.ts';
import type { DroppedFrames, Goaway } from './contract.ts';

/** The faults a script can order. What they look like on the wire is fixed by test/services/faults.test.ts. */

const MAX_STREAM_ID = 0x7fff_ffff;

const DROPPED_TYPE: Readonly<Record<DroppedFrames, number>> = {
  DROPPED_FRAMES_DATA: TYPE.DATA,
  DROPPED_FRAMES_WINDOW_UPDATE: TYPE.WINDOW_UPDATE,
  DROPPED_FRAMES_PING: TYPE.PING,
};

/** `untold`: left out, and no word of it in the timeline. */
type Picker = (header: FrameHeader) => boolean | 'untold';

/** Whether the frame says that the RPC it is sent for will not be processed. */
export function disowns(goaway: Goaway): boolean {
  return goaway.last_stream === 'LAST_STREAM_BEFORE_THIS';
}

/**
 * Does to one connection what the server's HTTP/2 library would not, below it: frames are put in at a boundary, or
 * left out, on their way from the library to the socket.
 */
export class Faults {
  readonly #tapped: TappedSocket;
  readonly #dropped = new Map<ServerHttp2Stream, Picker[]>();
  /** The last stream that a GOAWAY has promised to process. */
  #lastStreamId = MAX_STREAM_ID;
  #goawaySent = false;
  /** Streams that were reset here. */
  readonly #reset = new Set<number>();

  constructor(tapped: TappedSocket) {
    this.#tapped = tapped;
  }

  /** RST_STREAM with any code, behind what was sent before. Nothing happens if the stream is closed already. */
  async resetStream(stream: ServerHttp2Stream, code: number): Promise<void> {
    await flushed();
    if (stream.closed) return;
    const { id } = stream;
    this.#tapped.resetStream(id ?? 0, code);
    // The library is told too, so that it forgets the stream; what it has to say about that, some time later, is
    // not wanted.
    this.#reset.add(id ?? 0);
    this.#pick();
    stream.close(code);
  }

  /** GOAWAY on the connection. Streams beyond the last one that it names are refused from now on. */
  async sendGoaway(stream: ServerHttp2Stream, goaway: Goaway): Promise<void> {
    // A later GOAWAY may not name a later stream (RFC 9113, section 6.8).
    const lastStreamId = Math.min(this.#lastStreamId, lastStreamIdOf(goaway, stream.id ?? 0));
    this.#lastStreamId = lastStreamId;
    await flushed();
    this.#tapped.goaway(lastStreamId, goaway.code, goaway.debug_data);
    // The library's own would name a later stream, which RFC 9113, section 6.8, does not allow behind this one.
    this.#goawaySent = true;
    this.#pick();
  }

  /** Leaves out the server's frames of a type on this stream, or with PING on the connection, while the RPC lasts. */
  dropFrames(stream: ServerHttp2Stream, frames: DroppedFrames): void {
    const wanted = DROPPED_TYPE[frames];
    const on = wanted === TYPE.PING ? 0 : stream.id;
    this.#drop(stream, ({ type, streamId }) => type === wanted && streamId === on);
  }

  /** Closes the TCP connection with all streams on it, by FIN or, if `abort`, by RST. */
  closeConnection(abort: boolean): void {
    this.#tapped.cut(abort ? 'RST' : 'FIN');
  }

  /** Whether a GOAWAY has said that this stream will not be processed. */
  refuses({ id = 0 }: ServerHttp2Stream): boolean {
    return id > this.#lastStreamId;
  }

  #drop(stream: ServerHttp2Stream, picker: Picker): void {
    if (!this.#dropped.has(stream)) {
      // The library's last frames of a stream may leave a little after it has closed it.
      stream.once('close', () => void flushed().then(() => this.#undrop(stream)));
    }
    this.#dropped.set(stream, [...(this.#dropped.get(stream) ?? []), picker]);
    this.#pick();
  }

  #undrop(stream: ServerHttp2Stream): void {
    this.#dropped.delete(stream);
    this.#pick();
  }

  /** Frames pass fastest when nobody has to look at them. */
  #pick(): void {
    const pickers = [...this.#dropped.values()].flat();
    if (this.#reset.size > 0)
      pickers.push(({ streamId, type }) => this.#reset.has(streamId) && type !== TYPE.HEADERS && 'untold');
    if (this.#goawaySent) pickers.push(({ type }) => type === TYPE.GOAWAY && 'untold');
    const picker: Picker = (header) => {
      for (const picks of pickers) {
        const picked = picks(header);
        if (picked !== false) return picked;
      }
      return false;
    };
    this.#tapped.dropFrames('server', pickers.length === 0 ? undefined : picker);
  }
}

/** What a server does with streams that come after its GOAWAY (RFC 9113, section 6.8). */
export function refuseStream(stream: ServerHttp2Stream): void {
  stream.close(constants.NGHTTP2_REFUSED_STREAM);
}

/** The library hands over whole frames within one turn of the event loop, hence after the next one. */
const flushed = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function lastStreamIdOf(goaway: Goaway, own: number): number {
  switch (goaway.last_stream) {
    case 'LAST_STREAM_THIS':
      return own;
    case 'LAST_STREAM_BEFORE_THIS':
      // Clients number their streams 1, 3, 5.
      return Math.max(0, own - 2);
    case 'LAST_STREAM_MAX':
      return MAX_STREAM_ID;
  }
}
