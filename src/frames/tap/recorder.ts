import { FrameCutter, type CutFrame, type CutterSink } from '../wire/frame-cutter.ts';
import { readFields } from '../wire/frame-fields.ts';
import { FLAG, peerOf, SETTING, TYPE, type FrameHeader, type Sender } from '../wire/protocol.ts';

/** How one end stopped sending: `FIN` in order, `RST` by a reset of TCP or any other error of the socket. */
export type HowEnded = 'FIN' | 'RST';

/** What was seen on the path, in order, not yet decoded. `atMs` is the time of the last byte. */
export type Recorded = { readonly atMs: number; readonly from: Sender } & (
  | { readonly kind: 'frame'; readonly frame: CutFrame }
  | { readonly kind: 'end'; readonly how: HowEnded }
  /** Frames that were counted and not kept; they belong between `atMs` and `untilMs`. */
  | {
      readonly kind: 'omitted';
      readonly streamId: number;
      readonly frames: number;
      readonly bytes: number;
      readonly untilMs: number;
      /** Frames that may decide an outcome are among them. */
      readonly decisive: boolean;
      /** Frames with header blocks are among them. */
      readonly blocks: boolean;
    }
  /** What the tap itself did to the connection. */
  | { readonly kind: 'note'; readonly streamId: number; readonly text: string }
);

/** Bytes that are not HTTP/2, in one direction. */
export interface Stray {
  readonly atMs: number;
  readonly from: Sender;
  readonly offset: number;
  readonly reason: string;
  /** The first ones. */
  readonly bytes: Buffer;
  readonly total: number;
}

/** What may be kept between two calls of {@link Recorder.take}. */
export interface RecorderLimits {
  /** Octets of DATA, of each stream. What is beyond is counted. */
  readonly dataBytesPerStream: number;
  /** Frames without consequence for the outcome (DATA, WINDOW_UPDATE, PING and the like), of each stream. */
  readonly bulkFramesPerStream: number;
  /** Octets in all. The last quarter is left to the frames that decide an outcome. */
  readonly bytesPerConnection: number;
  /** Octets that are not HTTP/2, of each direction. */
  readonly strayBytes: number;
}

export const DEFAULT_LIMITS: RecorderLimits = {
  dataBytesPerStream: 2048,
  bulkFramesPerStream: 2000,
  bytesPerConnection: 4 * 1024 * 1024,
  strayBytes: 16 * 1024,
};

/** What a recorded frame takes beside its payload, about. */
const FRAME_COST = 250;
/** The first octets of each DATA frame say what is in it. */
const DATA_BEGIN_BYTES = 16;
const MAX_BLOCK_FRAME_BYTES = 256 * 1024;
const MAX_CONTROL_FRAME_BYTES = 16 * 1024;

interface Omission {
  readonly kind: 'omitted';
  readonly atMs: number;
  readonly from: Sender;
  readonly streamId: number;
  frames: number;
  bytes: number;
  untilMs: number;
  decisive: boolean;
  blocks: boolean;
}

/**
 * Writes down both directions of one connection as the bytes pass by. Its memory is bounded, whatever the peers
 * send; what it could not keep it has counted. Nothing is decoded here, since this is on the path.
 */
export class Recorder {
  readonly #limits: RecorderLimits;
  readonly #clock: () => number;
  readonly #cutters: Readonly<Record<Sender, FrameCutter>>;
  readonly #strays = new Map<
    Sender,
    { atMs: number; offset: number; reason: string; chunks: Buffer[]; total: number }
  >();
  readonly #streams = new Map<number, { data: number; bulk: number }>();
  readonly #omissions = new Map<string, Omission>();
  #items: Recorded[] = [];
  #bytes = 0;
  #now = 0;

  /** @param clock milliseconds since 1970, with fractions; both legs of an RPC need the same */
  constructor(limits: RecorderLimits = DEFAULT_LIMITS, clock: () => number = now) {
    this.#limits = limits;
    this.#clock = clock;
    this.#cutters = {
      client: new FrameCutter('client', this.#sinkOf('client')),
      server: new FrameCutter('server', this.#sinkOf('server')),
    };
  }

  /** Whether what this end has sent is HTTP/2, as far as can be said by now. */
  isHttp2(from: Sender): boolean {
    return !this.#strays.has(from);
  }

  bytes(from: Sender, chunk: Buffer): void {
    this.#now = this.#clock();
    this.#cutters[from].push(chunk);
  }

  /** This end sends no more. */
  ended(from: Sender, how: HowEnded): void {
    this.#now = this.#clock();
    this.#cutters[from].end();
    this.#items.push({ kind: 'end', from, atMs: this.#now, how });
  }

  /** Puts what the tap did among what it saw. */
  note(from: Sender, streamId: number, text: string): void {
    if (!this.#room(FRAME_COST, true)) return;
    this.#bytes += FRAME_COST;
    this.#items.push({ kind: 'note', from, atMs: this.#clock(), streamId, text });
  }

  /** Octets held. */
  get heldBytes(): number {
    return this.#bytes;
  }

  /** Hands out what was recorded since the last time, and forgets it. */
  take(): Recorded[] {
    const items = [...this.#items, ...this.#omissions.values()].sort((a, b) => a.atMs - b.atMs);
    this.#items = [];
    this.#bytes = 0;
    this.#omissions.clear();
    this.#streams.clear();
    return items;
  }

  /** As far as it was seen by now; it stays here. */
  strays(): Stray[] {
    return [...this.#strays].map(([from, { chunks, ...rest }]) => ({
      from,
      bytes: Buffer.concat(chunks),
      ...rest,
    }));
  }

  #sinkOf(from: Sender): CutterSink {
    return {
      keep: (header) => this.#keep(header),
      frame: (frame) => this.#frame(from, frame),
      notHttp2: (offset, reason) => {
        this.#strays.set(from, { atMs: this.#now, offset, reason, chunks: [], total: 0 });
      },
      stray: (bytes) => {
        const stray = this.#strays.get(from);
        if (stray === undefined) return;
        const room = this.#limits.strayBytes - Math.min(stray.total, this.#limits.strayBytes);
        if (room > 0) stray.chunks.push(Buffer.from(bytes.subarray(0, room)));
        stray.total += bytes.length;
      },
    };
  }

  #keep({ type, flags, length, streamId }: FrameHeader): number {
    if (type === TYPE.DATA) {
      const kept = this.#streams.get(streamId)?.data ?? 0;
      const padLength = (flags & FLAG.PADDED) !== 0 ? 1 : 0;
      return kept < this.#limits.dataBytesPerStream ? DATA_BEGIN_BYTES + padLength : padLength;
    }
    const most = hasBlock(type) ? MAX_BLOCK_FRAME_BYTES : MAX_CONTROL_FRAME_BYTES;
    if (type > TYPE.CONTINUATION || length > most) return 0;
    return this.#room(FRAME_COST + length, isBulk(type, flags)) ? length : 0;
  }

  #frame(from: Sender, frame: CutFrame): void {
    const { type, flags, streamId } = frame.header;
    if (type === TYPE.SETTINGS) this.#obey(from, frame);
    const cost = FRAME_COST + frame.payload.length;
    const bulk = isBulk(type, flags);
    const stream = this.#streams.get(streamId) ?? { data: 0, bulk: 0 };
    if (!this.#room(cost, bulk) || (bulk && stream.bulk >= this.#limits.bulkFramesPerStream)) {
      this.#omit(from, frame);
      return;
    }
    this.#streams.set(streamId, stream);
    if (bulk) stream.bulk++;
    if (type === TYPE.DATA) stream.data += frame.payload.length;
    this.#bytes += cost;
    this.#items.push({ kind: 'frame', from, atMs: this.#now, frame });
  }

  #room(cost: number, bulk: boolean): boolean {
    return this.#bytes + cost <= this.#limits.bytesPerConnection * (bulk ? 0.75 : 1);
  }

  /** Counted by stream; when there is no room for more streams, all together as of the connection. */
  #omit(from: Sender, { header }: CutFrame): void {
    const streamId = this.#omissions.size < 1000 ? header.streamId : 0;
    const key = `${from} ${streamId}`;
    const atMs = this.#now;
    const seen = this.#omissions.get(key);
    const omission: Omission = seen ?? {
      kind: 'omitted',
      atMs,
      from,
      streamId,
      frames: 0,
      bytes: 0,
      untilMs: 0,
      decisive: false,
      blocks: false,
    };
    if (seen === undefined) this.#omissions.set(key, omission);
    omission.frames++;
    omission.bytes += header.length;
    omission.untilMs = atMs;
    omission.decisive ||= !isBulk(header.type, header.flags);
    omission.blocks ||= hasBlock(header.type);
  }

  /** What one end allows is what the other end's frames are measured by. */
  #obey(from: Sender, frame: CutFrame): void {
    const fields = readFields(frame);
    if (fields.kind !== 'SETTINGS') return;
    const cutter = this.#cutters[peerOf(from)];
    for (const [id, value] of fields.values) {
      if (id === SETTING.MAX_FRAME_SIZE) cutter.maxFrameBytes = Math.max(cutter.maxFrameBytes, value);
    }
  }
}

/** Milliseconds since 1970, as exact as the machine's monotonic clock. */
export const now = (): number => performance.timeOrigin + performance.now();

const hasBlock = (type: number): boolean =>
  type === TYPE.HEADERS || type === TYPE.CONTINUATION || type === TYPE.PUSH_PROMISE;

/** Frames of which one more or less decides nothing; DATA that ends a stream does. */
function isBulk(type: number, flags: number): boolean {
  if (type === TYPE.DATA) return (flags & FLAG.END_STREAM) === 0;
  return (
    type === TYPE.WINDOW_UPDATE || type === TYPE.PING || type === TYPE.PRIORITY || type > TYPE.CONTINUATION
  );
}
