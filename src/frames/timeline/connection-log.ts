import { HpackDecoder } from '../hpack/decoder.ts';
import { now, type Recorded, type Recorder, type Stray } from '../tap/recorder.ts';
import type { CutFrame } from '../wire/frame-cutter.ts';
import { readFields, type FrameFields } from '../wire/frame-fields.ts';
import { looksLike } from '../wire/looks-like.ts';
import { peerOf, SETTING, TYPE, type Sender } from '../wire/protocol.ts';
import { EventStore } from './event-store.ts';
import type { ConnectionTimeline, EventDetail, FrameEvent, Leg } from './events.ts';

/** What a tap knows about a connection beside its bytes. */
export interface ConnectionFacts {
  readonly leg: Leg;
  readonly number: number;
  readonly openedAtMs: number;
  readonly tls: string;
  readonly pod?: string;
}

/** A header block of which CONTINUATION frames are still to come. */
interface OpenBlock {
  readonly streamId: number;
  readonly pieces: Buffer[];
  bytes: number;
  readonly finish: (block: Buffer) => void;
}

/** A connection is opened, and greets, shortly before its first stream. */
const BEFORE_A_STREAM_MS = 1000;
const MAX_BLOCK_BYTES = 1 << 20;
const MAX_FAULTS = 100;

/**
 * Decodes one connection. It may be asked again and again while the connection goes on: each time it takes what
 * its recorder has, so that the recorder stays small.
 */
export class ConnectionLog {
  readonly #facts: ConnectionFacts;
  readonly #recorder: Recorder;
  readonly #hpack: Readonly<Record<Sender, HpackDecoder>> = {
    client: new HpackDecoder(),
    server: new HpackDecoder(),
  };
  readonly #open = new Map<Sender, OpenBlock>();
  readonly #started = new Set<Sender>();
  readonly #store = new EventStore();
  #faults = 0;

  constructor(facts: ConnectionFacts, recorder: Recorder) {
    this.#facts = facts;
    this.#recorder = recorder;
  }

  /** All that was seen by now, save what was forgotten. */
  timeline(): ConnectionTimeline {
    this.decode();
    return {
      ...this.#facts,
      events: this.#connectionEvents(),
      streams: this.#store.streams(),
      incomplete: this.#store.incomplete,
    };
  }

  /** The same of one stream only, beside what the connection itself did since the stream began. */
  timelineOf(streamId: number): ConnectionTimeline {
    this.decode();
    const events = this.#store.stream(streamId);
    const begun = events[0]?.atMs ?? 0;
    return {
      ...this.#facts,
      events: this.#connectionEvents().filter(({ atMs }) => atMs >= begun - BEFORE_A_STREAM_MS),
      streams: [{ streamId, events: [...events] }],
      incomplete: this.#store.incomplete,
    };
  }

  /** Whether both ends have done with a stream, or one has reset it, as far as was seen by now. */
  isClosed(streamId: number): boolean {
    this.decode();
    return this.#store.isClosed(streamId);
  }

  /** Drops what is known of a stream, and what the connection did before the streams that are left. */
  forget(streamId: number): void {
    this.#store.forget(streamId, now() - BEFORE_A_STREAM_MS);
  }

  /** Takes in what the recorder holds. */
  decode(): void {
    for (const item of this.#recorder.take()) this.#item(item);
  }

  /** Drops what is known of streams that both ends have done with. */
  forgetClosed(): void {
    this.#store.forgetClosed();
  }

  #connectionEvents(): FrameEvent[] {
    const strays = this.#recorder.strays().map(strayEvent);
    return [...this.#store.connection, ...strays].sort((a, b) => a.atMs - b.atMs);
  }

  #item(item: Recorded): void {
    const { atMs, from } = item;
    switch (item.kind) {
      case 'frame':
        this.#frame(item.frame, atMs, from);
        return;
      case 'end':
        this.#store.add({ kind: 'END', how: item.how, atMs, from, streamId: 0 });
        return;
      case 'note':
        this.#store.add({ kind: 'NOTE', text: item.text, atMs, from, streamId: item.streamId });
        return;
      case 'omitted': {
        const { streamId, frames, bytes, untilMs } = item;
        this.#store.add({ kind: 'OMITTED', frames, bytes, untilMs, atMs, from, streamId });
        if (item.blocks) this.#hpack[from].skipBlock();
        this.#store.incomplete ||= item.decisive;
      }
    }
  }

  #frame(frame: CutFrame, atMs: number, from: Sender): void {
    const { streamId, type } = frame.header;
    const add = (detail: EventDetail): void => this.#store.add({ ...detail, atMs, from, streamId });
    const fault = (text: string): void => {
      this.#faults++;
      if (this.#faults <= MAX_FAULTS) add({ kind: 'FAULT', fault: text, offset: frame.offset });
    };
    if (!this.#started.has(from)) {
      this.#started.add(from);
      if (type !== TYPE.SETTINGS) fault('the first frame is not SETTINGS: PROTOCOL_ERROR');
    }
    const open = this.#open.get(from);
    if (open !== undefined && (type !== TYPE.CONTINUATION || streamId !== open.streamId)) {
      fault(`a frame between the header blocks of stream ${open.streamId}: PROTOCOL_ERROR`);
      this.#open.delete(from);
      this.#hpack[from].skipBlock();
    }
    this.#fields(readFields(frame), streamId, from, add, fault);
    if (!isBlock(type) || frame.payload.length === frame.header.length) return;
    this.#hpack[from].skipBlock();
    this.#store.incomplete ||= frame.arrived === frame.header.length;
  }

  #fields(
    fields: FrameFields,
    streamId: number,
    from: Sender,
    add: (detail: EventDetail) => void,
    fault: (text: string) => void,
  ): void {
    const hpack = this.#hpack[from];
    switch (fields.kind) {
      case 'FAULT':
        fault(fields.fault);
        return;
      case 'DATA':
        add({
          kind: 'DATA',
          bytes: fields.bytes,
          endStream: fields.endStream,
          padding: fields.padding,
          begin: fields.begin.toString('hex'),
        });
        return;
      case 'HEADERS': {
        const { endStream } = fields;
        this.#block(from, streamId, fields, (block) => {
          const lost = hpack.broken ? 'an earlier header block was lost' : undefined;
          const decoded = hpack.decode(block);
          const dropped = decoded.dropped > 0 ? `${decoded.dropped} fields more than are kept` : undefined;
          const why = decoded.fault ?? dropped ?? lost;
          add({
            kind: 'HEADERS',
            fields: decoded.fields,
            endStream,
            ...(why === undefined ? {} : { fault: why }),
          });
          if (decoded.fault !== undefined) fault(`${decoded.fault}: COMPRESSION_ERROR`);
        });
        return;
      }
      case 'PUSH_PROMISE': {
        const { promisedStreamId } = fields;
        this.#block(from, streamId, fields, (block) =>
          add({ kind: 'PUSH_PROMISE', promisedStreamId, fields: hpack.decode(block).fields }),
        );
        return;
      }
      case 'CONTINUATION':
        this.#continue(from, fields, fault);
        return;
      case 'SETTINGS':
        for (const [id, value] of fields.values) {
          if (id === SETTING.HEADER_TABLE_SIZE) this.#hpack[peerOf(from)].allowTableBytes(value);
        }
        add(fields);
        return;
      default:
        add(fields);
    }
  }

  #block(
    from: Sender,
    streamId: number,
    { block, endHeaders }: { readonly block: Buffer; readonly endHeaders: boolean },
    finish: (block: Buffer) => void,
  ): void {
    if (endHeaders) finish(block);
    else this.#open.set(from, { streamId, pieces: [block], bytes: block.length, finish });
  }

  #continue(
    from: Sender,
    { block, endHeaders }: { readonly block: Buffer; readonly endHeaders: boolean },
    fault: (text: string) => void,
  ): void {
    const open = this.#open.get(from);
    if (open === undefined) {
      this.#hpack[from].skipBlock();
      fault('CONTINUATION with nothing to continue: PROTOCOL_ERROR');
      return;
    }
    open.bytes += block.length;
    // Many empty ones are as bad as few large ones.
    if (open.bytes > MAX_BLOCK_BYTES || open.pieces.length > 1000) {
      this.#open.delete(from);
      this.#hpack[from].skipBlock();
      fault('a header block too large to be kept');
      return;
    }
    open.pieces.push(block);
    if (!endHeaders) return;
    this.#open.delete(from);
    open.finish(Buffer.concat(open.pieces));
  }
}

const isBlock = (type: number): boolean =>
  type === TYPE.HEADERS || type === TYPE.CONTINUATION || type === TYPE.PUSH_PROMISE;

function strayEvent({ atMs, from, offset, reason, bytes, total }: Stray): FrameEvent {
  return {
    kind: 'NOT_HTTP2',
    reason,
    looksLike: looksLike(bytes),
    bytes: total,
    offset,
    text: bytes.toString('latin1'),
    atMs,
    from,
    streamId: 0,
    // Nothing that is understood comes behind it in its direction.
    order: Number.MAX_SAFE_INTEGER,
  };
}
