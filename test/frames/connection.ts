import { ConnectionLog } from '../../src/frames/timeline/connection-log.ts';
import type { ConnectionTimeline, FrameEvent, Leg } from '../../src/frames/timeline/events.ts';
import { describeEvent } from '../../src/frames/timeline/describe.ts';
import { DEFAULT_LIMITS, Recorder, type RecorderLimits } from '../../src/frames/tap/recorder.ts';
import { encodeFrame } from '../../src/frames/wire/encode.ts';
import { CONNECTION_PREFACE, FLAG, TYPE, type Sender } from '../../src/frames/wire/protocol.ts';
import type { Field } from '../../src/frames/hpack/static-table.ts';
import { literals } from './hpack/encoder.ts';

/** A connection that a test writes frame by frame, on a clock of its own. */
export class ScriptedConnection {
  readonly recorder: Recorder;
  readonly #log: ConnectionLog;
  /** Milliseconds since 1970. */
  nowMs = 1_000_000;

  constructor(leg: Leg = 'client', number = 1, limits: RecorderLimits = DEFAULT_LIMITS) {
    this.recorder = new Recorder(limits, () => this.nowMs);
    this.#log = new ConnectionLog({ leg, number, openedAtMs: this.nowMs, tls: '' }, this.recorder);
  }

  /** Preface and SETTINGS of both ends. */
  open(): this {
    this.recorder.bytes('client', Buffer.concat([CONNECTION_PREFACE, settings()]));
    this.recorder.bytes('server', settings());
    return this;
  }

  at(ms: number): this {
    this.nowMs = 1_000_000 + ms;
    return this;
  }

  frame(
    from: Sender,
    type: number,
    flags: number,
    streamId: number,
    payload: Buffer = Buffer.alloc(0),
  ): this {
    this.recorder.bytes(from, encodeFrame(type, flags, streamId, payload));
    return this;
  }

  headers(from: Sender, streamId: number, fields: readonly Field[], endStream = false): this {
    const flags = FLAG.END_HEADERS | (endStream ? FLAG.END_STREAM : 0);
    return this.frame(from, TYPE.HEADERS, flags, streamId, literals(fields));
  }

  /** The request's HEADERS of the RPC with this id. */
  request(streamId: number, rpcId = 'rpc-1', endStream = false): this {
    const path: Field = [':path', '/mypackage.Greeter/SayHello'];
    return this.headers(
      'client',
      streamId,
      [[':method', 'POST'], path, ['x-meshproof-rpc', rpcId]],
      endStream,
    );
  }

  reply(streamId: number): this {
    return this.headers('server', streamId, [[':status', '200']]);
  }

  trailers(streamId: number, status = 0): this {
    return this.headers('server', streamId, [['grpc-status', `${status}`]], true);
  }

  data(from: Sender, streamId: number, bytes: number, endStream = false): this {
    return this.frame(from, TYPE.DATA, endStream ? FLAG.END_STREAM : 0, streamId, Buffer.alloc(bytes, 1));
  }

  reset(from: Sender, streamId: number, code: number): this {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(code);
    return this.frame(from, TYPE.RST_STREAM, 0, streamId, payload);
  }

  timeline(): ConnectionTimeline {
    return this.#log.timeline();
  }

  forgetClosed(): void {
    this.#log.forgetClosed();
  }
}

export const settings = (): Buffer => encodeFrame(TYPE.SETTINGS, 0, 0, Buffer.alloc(0));

/** Events as `client 1 DATA 5 bytes`. */
export const told = (events: readonly FrameEvent[]): string[] =>
  events.map((event) => `${event.from} ${event.streamId} ${describeEvent(event)}`);

/** All events of a connection, told. */
export const allTold = ({ events, streams }: ConnectionTimeline): string[] =>
  told([events, ...streams.map((s) => s.events)].flat());
