import type { FramesExpectation, LegExpectation } from '../../src/conformance/expectation.ts';
import {
  partyOf,
  type ConnectionTimeline,
  type FrameEvent,
  type Leg,
  type StreamTimeline,
} from '../../src/frames/timeline/events.ts';
import { rpcTimeline } from '../../src/frames/timeline/rpc-timeline.ts';

type Connections = readonly ConnectionTimeline[];

/** What the taps saw with one judged thing changed, and how the mismatch's `what` begins that must follow. */
export interface FramesFlip {
  readonly what: string;
  readonly changed: Connections;
}

const LEGS = ['client', 'backend'] as const;

/** Each judged field of what is expected of the frames of an RPC, made wrong in what the taps saw of it. */
export function framesFlips(expected: FramesExpectation, rpcId: string, seen: Connections): FramesFlip[] {
  return [
    ...LEGS.flatMap((leg) => legFlips(leg, expected[leg] ?? {}, rpcId, seen)),
    ...(expected.goaways ?? []).map(({ leg, by, code }) => ({
      what: `GOAWAY on the ${leg} leg`,
      changed: seen.map((connection) => ({
        ...connection,
        events: connection.events.filter(
          (event) =>
            event.kind !== 'GOAWAY' ||
            connection.leg !== leg ||
            partyOf(leg, event.from) !== by ||
            event.code !== code,
        ),
      })),
    })),
  ];
}

function legFlips(leg: Leg, expected: LegExpectation, rpcId: string, seen: Connections): FramesFlip[] {
  const own = rpcTimeline(rpcId, seen).streams.filter((stream) => stream.leg === leg);
  const isOwn = (connection: ConnectionTimeline, { streamId }: StreamTimeline): boolean =>
    connection.leg === leg &&
    own.some((stream) => stream.connection === connection.number && stream.streamId === streamId);
  const inStreams = (change: (stream: StreamTimeline) => readonly StreamTimeline[]): Connections =>
    seen.map((connection) => ({
      ...connection,
      streams: connection.streams.flatMap((stream) =>
        isOwn(connection, stream) ? change(stream) : [stream],
      ),
    }));
  const inEvents = (change: (events: readonly FrameEvent[]) => readonly FrameEvent[]): Connections =>
    inStreams((stream) => [{ ...stream, events: change(stream.events) }]);
  const { streams, resets, responseEnds, protocol } = expected;
  const where = `on the ${leg} leg`;
  return [
    // Streams that are none, of bytes that are not HTTP/2, are judged by what the bytes look like.
    ...(streams === undefined || own.some(({ streamId }) => streamId === 0)
      ? []
      : [{ what: `streams ${where}`, changed: inStreams(twice) }]),
    ...(protocol instanceof RegExp
      ? [
          {
            what: `protocol ${where}`,
            changed: seen.map((connection) => ({
              ...connection,
              events: connection.events.map((event) =>
                event.kind === 'NOT_HTTP2' ? { ...event, looksLike: 'flipped' } : event,
              ),
            })),
          },
        ]
      : []),
    ...(resets === undefined || own.length === 0
      ? []
      : [{ what: `RST_STREAM ${where}`, changed: inEvents(resets.length > 0 ? withoutResets : withReset) }]),
    ...(responseEnds === undefined
      ? []
      : [
          {
            what: `end of the response ${where}`,
            changed: inEvents((events) => endedBy(responseEnds === 'data' ? 'HEADERS' : 'DATA', events)),
          },
        ]),
  ];
}

const isResponse = (event: FrameEvent): event is Extract<FrameEvent, { kind: 'HEADERS' | 'DATA' }> =>
  event.from === 'server' && (event.kind === 'HEADERS' || event.kind === 'DATA');

/** The response as it would end with another frame: one more, which takes END_STREAM from the one that has it. */
function endedBy(kind: 'HEADERS' | 'DATA', events: readonly FrameEvent[]): readonly FrameEvent[] {
  const last = events.findLast(isResponse) ?? events.at(-1);
  if (last === undefined) return events;
  const { atMs, streamId, order } = last;
  const place = { from: 'server', atMs, streamId, order: order + 1, endStream: true } as const;
  const more: FrameEvent =
    kind === 'HEADERS' ? { ...place, kind, fields: [] } : { ...place, kind, bytes: 0, padding: 0, begin: '' };
  return [...events.map((event) => (isResponse(event) ? { ...event, endStream: false } : event)), more];
}

const withoutResets = (events: readonly FrameEvent[]): readonly FrameEvent[] =>
  events.filter(({ kind }) => kind !== 'RST_STREAM');

/** A server may ask a client to send no more, after its whole response: no rule is broken (RFC 9113, section 8.1). */
function withReset(events: readonly FrameEvent[]): readonly FrameEvent[] {
  const last = events.findLast(isResponse) ?? events.at(-1);
  if (last === undefined) return events;
  const { atMs, streamId, order } = last;
  return [...events, { kind: 'RST_STREAM', code: 0, from: 'server', atMs, streamId, order: order + 1 }];
}

/** The stream, and before it the same once more under another id, without its resets. */
const twice = (stream: StreamTimeline): readonly StreamTimeline[] => [
  {
    streamId: stream.streamId + 1_000,
    events: withoutResets(stream.events).map((event) => ({ ...event, streamId: event.streamId + 1_000 })),
  },
  stream,
];
