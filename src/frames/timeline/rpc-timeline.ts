import { alignClocks, type ClockAlignment } from './clocks.ts';
import type { ConnectionTimeline, EventOf, FrameEvent, Leg } from './events.ts';
import { isPreflight, requestCarries, textCarries } from './rpc-id.ts';

/** One attempt of an RPC on one leg: a stream, or bytes that are not HTTP/2 and name the RPC. */
export interface RpcStream {
  readonly leg: Leg;
  readonly connection: number;
  /** 0 when the connection does not carry HTTP/2. */
  readonly streamId: number;
  /** The stream's own. */
  readonly events: readonly FrameEvent[];
  /** Of its connection, from the RPC's beginning until the stream was over. */
  readonly connectionEvents: readonly FrameEvent[];
}

/** One event on the common time axis. */
export interface TimelineRow {
  /** Milliseconds from the RPC's start; clocks are aligned. */
  readonly offsetMs: number;
  readonly leg: Leg;
  readonly connection: number;
  readonly event: FrameEvent;
}

/** All that both legs saw of one RPC. */
export interface RpcTimeline {
  readonly rpcId: string;
  /** Milliseconds since 1970, by the client leg's clock: what offsets count from. */
  readonly startMs: number;
  readonly clock: ClockAlignment;
  /** In order of their beginning, client leg first. Retries are several on the backend leg. */
  readonly streams: readonly RpcStream[];
  readonly rows: readonly TimelineRow[];
  /** Something was not kept that decides outcomes. */
  readonly incomplete: boolean;
}

/**
 * Finds an RPC on both legs and puts it on one time axis.
 *
 * @param startMs when the client started it, milliseconds since 1970; default its first frame
 * @returns a timeline without streams if no leg has seen the RPC
 */
export function rpcTimeline(
  rpcId: string,
  connections: readonly ConnectionTimeline[],
  startMs?: number,
): RpcTimeline {
  const found = connections.flatMap((connection) => streamsOf(connection, rpcId));
  const byBeginning = (a: Found, b: Found): number => firstMs(a.events) - firstMs(b.events);
  const client = found.filter(({ leg }) => leg === 'client').sort(byBeginning);
  const backend = found.filter(({ leg }) => leg === 'backend').sort(byBeginning);
  const clock = alignClocks(client, backend);
  const streams = [...client, ...backend];
  const shift = (leg: Leg): number => (leg === 'backend' ? clock.backendShiftMs : 0);
  const start = startMs ?? Math.min(...streams.map((each) => firstMs(each.events) + shift(each.leg)));
  const end = Math.max(start, ...streams.map(({ lastMs, leg }) => lastMs + shift(leg)));
  const kept = streams.map(({ all, lastMs: _, ...stream }): RpcStream => {
    const from = start - shift(stream.leg);
    const until = end - shift(stream.leg);
    return { ...stream, connectionEvents: all.filter(({ atMs }) => atMs >= from && atMs <= until) };
  });
  const row = (leg: Leg, connection: number, event: FrameEvent): TimelineRow => ({
    offsetMs: event.atMs + shift(leg) - start,
    leg,
    connection,
    event,
  });
  const rows = new Map<FrameEvent, TimelineRow>();
  for (const { leg, connection, events, connectionEvents } of kept) {
    for (const event of [...events, ...connectionEvents]) rows.set(event, row(leg, connection, event));
  }
  for (const connection of connections) {
    for (const event of strangersIn(connection, start - shift(connection.leg), end - shift(connection.leg))) {
      rows.set(event, row(connection.leg, connection.number, event));
    }
  }
  const involved = new Set(found.map(({ leg, connection }) => `${leg} ${connection}`));
  return {
    rpcId,
    startMs: start,
    clock,
    streams: kept,
    rows: [...rows.values()].sort(inOrder),
    incomplete: connections.some((each) => each.incomplete && involved.has(`${each.leg} ${each.number}`)),
  };
}

/** By time; what shares its time, by connection, and there as it came. */
function inOrder(a: TimelineRow, b: TimelineRow): number {
  if (a.offsetMs !== b.offsetMs) return a.offsetMs - b.offsetMs;
  if (a.leg !== b.leg) return a.leg === 'client' ? -1 : 1;
  return a.connection - b.connection || a.event.order - b.event.order;
}

type Found = Omit<RpcStream, 'connectionEvents'> & {
  /** The connection's events. */
  readonly all: readonly FrameEvent[];
  /** When the stream, or what ended it, was over. */
  readonly lastMs: number;
};

function streamsOf(timeline: ConnectionTimeline, rpcId: string): Found[] {
  const { leg, number: connection, events: all } = timeline;
  const streams = timeline.streams
    .filter(({ events }) => {
      const fields = requestOf(events)?.fields ?? [];
      // The gateway answers a preflight itself, or has the service do it: to that it is a request like any other.
      return requestCarries(fields, rpcId) && (leg === 'backend' || !isPreflight(fields));
    })
    .map(({ streamId, events }): Found => {
      const last = events.at(-1)?.atMs ?? 0;
      // What the connection did after a stream's last frame matters only to one that had not ended.
      const cut = isOver(events)
        ? undefined
        : all.findLast(({ kind }) => kind === 'END' || kind === 'GOAWAY');
      return { leg, connection, streamId, events, all, lastMs: Math.max(last, cut?.atMs ?? 0) };
    });
  const strangers = all.filter((event) => event.kind === 'NOT_HTTP2' && textCarries(event.text, rpcId));
  if (strangers.length === 0) return streams;
  return [
    ...streams,
    { leg, connection, streamId: 0, events: strangers, all, lastMs: all.at(-1)?.atMs ?? 0 },
  ];
}

/** Bytes that are not HTTP/2, while the RPC went on: they name no RPC, but may well be its cause of death. */
function strangersIn(
  { events }: ConnectionTimeline,
  fromMs: number,
  untilMs: number,
): EventOf<'NOT_HTTP2'>[] {
  return events
    .filter((event) => event.kind === 'NOT_HTTP2')
    .filter(({ atMs }) => atMs >= fromMs && atMs <= untilMs);
}

const firstMs = (events: readonly FrameEvent[]): number => events[0]?.atMs ?? Infinity;

/** The request's HEADERS, if they were kept. */
export const requestOf = (events: readonly FrameEvent[]): EventOf<'HEADERS'> | undefined =>
  events.find((event): event is EventOf<'HEADERS'> => event.kind === 'HEADERS' && event.from === 'client');

/** Whether both ends had ended the stream, or one had reset it. */
function isOver(events: readonly FrameEvent[]): boolean {
  if (events.some(({ kind }) => kind === 'RST_STREAM')) return true;
  return endMs(events, 'client') !== undefined && endMs(events, 'server') !== undefined;
}

/** When an end sent END_STREAM. */
export function endMs(events: readonly FrameEvent[], from: 'client' | 'server'): number | undefined {
  return events.find(
    (event) => (event.kind === 'DATA' || event.kind === 'HEADERS') && event.endStream && event.from === from,
  )?.atMs;
}
