import type { Sender } from '../wire/protocol.ts';
import type { FrameEvent, StreamTimeline, UnorderedEvent } from './events.ts';

/** Events of one stream, or of the connection, of which one more or less decides nothing. */
const MAX_BULK_EVENTS = 4000;
/** What the events of one connection may take, about, in octets. */
const MAX_BYTES = 32 * 1024 * 1024;
/** What an event takes beside its texts, about. */
const EVENT_COST = 150;

interface Shelf {
  readonly events: FrameEvent[];
  bulk: number;
  bytes: number;
  readonly ended: Set<Sender>;
  reset: boolean;
  omitted: number;
}

/** Holds the events of one connection by stream, within bounds: the oldest closed streams go first. */
export class EventStore {
  readonly #shelves = new Map<number, Shelf>([[0, emptyShelf()]]);
  #bytes = 0;
  #order = 0;
  /** Something was not kept that decides outcomes. */
  incomplete = false;

  get connection(): readonly FrameEvent[] {
    return this.#shelves.get(0)?.events ?? [];
  }

  streams(): StreamTimeline[] {
    return [...this.#shelves]
      .filter(([streamId]) => streamId !== 0)
      .map(([streamId, { events }]) => ({ streamId, events: [...events] }));
  }

  /** One stream's events; empty for a stream that is not known. */
  stream(streamId: number): readonly FrameEvent[] {
    return this.#shelves.get(streamId)?.events ?? [];
  }

  /** Whether both ends have done with a stream, or one has reset it. */
  isClosed(streamId: number): boolean {
    const shelf = this.#shelves.get(streamId);
    return shelf !== undefined && isClosed(shelf);
  }

  add(unordered: UnorderedEvent): void {
    const event: FrameEvent = { ...unordered, order: ++this.#order };
    const { streamId } = event;
    const shelf = this.#shelves.get(streamId) ?? emptyShelf();
    this.#shelves.set(streamId, shelf);
    if (isBulk(event)) {
      shelf.bulk++;
      if (shelf.bulk > MAX_BULK_EVENTS) {
        this.#omit(shelf, event);
        return;
      }
    }
    const cost = costOf(event);
    while (this.#bytes + cost > MAX_BYTES) {
      if (!this.#evict(streamId)) {
        this.incomplete = true;
        return;
      }
    }
    this.#bytes += cost;
    shelf.bytes += cost;
    shelf.events.push(event);
    if (event.kind === 'RST_STREAM') shelf.reset = true;
    if ((event.kind === 'DATA' || event.kind === 'HEADERS') && event.endStream) shelf.ended.add(event.from);
  }

  forgetClosed(): void {
    for (const [streamId, shelf] of this.#shelves) if (isClosed(shelf)) this.#remove(streamId, shelf);
  }

  /** Drops a stream, and what the connection did before any of the others began; `now` if there is none. */
  forget(streamId: number, now: number): void {
    const shelf = this.#shelves.get(streamId);
    if (shelf !== undefined && streamId !== 0) this.#remove(streamId, shelf);
    const connection = this.#shelves.get(0);
    if (connection === undefined) return;
    let begun = now;
    for (const [id, { events }] of this.#shelves)
      if (id !== 0) begun = Math.min(begun, events[0]?.atMs ?? now);
    const old = connection.events.filter(({ atMs }) => atMs < begun);
    if (old.length === 0) return;
    const cost = old.reduce((sum, event) => sum + costOf(event), 0);
    connection.events.splice(0, Infinity, ...connection.events.filter(({ atMs }) => atMs >= begun));
    connection.bytes -= cost;
    connection.bulk -= old.filter(isBulk).length;
    connection.omitted = connection.events.findIndex(({ kind }) => kind === 'OMITTED');
    this.#bytes -= cost;
  }

  /** One event stands for all that are left out. */
  #omit(shelf: Shelf, { atMs, from, streamId, order, ...detail }: FrameEvent): void {
    const bytes = detail.kind === 'DATA' ? detail.bytes : 0;
    const last = shelf.events[shelf.omitted];
    const sum =
      last?.kind === 'OMITTED'
        ? { ...last, frames: last.frames + 1, bytes: last.bytes + bytes, untilMs: atMs }
        : ({ kind: 'OMITTED', frames: 1, bytes, untilMs: atMs, atMs, from, streamId, order } as const);
    if (last?.kind !== 'OMITTED') shelf.omitted = shelf.events.length;
    shelf.events[shelf.omitted] = sum;
  }

  /** Makes room by forgetting a stream: the oldest closed one, or else the oldest. */
  #evict(except: number): boolean {
    let oldest: readonly [number, Shelf] | undefined;
    let looked = 0;
    for (const each of this.#shelves) {
      if (each[0] === except || each[0] === 0) continue;
      oldest ??= each;
      if (isClosed(each[1])) oldest = each;
      // Not the whole store for each event: a peer may open streams without end.
      if (isClosed(each[1]) || ++looked === 100) break;
    }
    if (oldest === undefined) return false;
    const [streamId, shelf] = oldest;
    if (!isClosed(shelf)) this.incomplete = true;
    this.#remove(streamId, shelf);
    return true;
  }

  #remove(streamId: number, shelf: Shelf): void {
    this.#shelves.delete(streamId);
    this.#bytes -= shelf.bytes;
  }
}

const emptyShelf = (): Shelf => ({
  events: [],
  bulk: 0,
  bytes: 0,
  ended: new Set(),
  reset: false,
  omitted: -1,
});

const isClosed = ({ ended, reset }: Shelf): boolean => reset || ended.size === 2;

function isBulk(event: FrameEvent): boolean {
  switch (event.kind) {
    case 'DATA':
      return !event.endStream;
    case 'WINDOW_UPDATE':
    case 'PING':
    case 'PRIORITY':
    case 'SETTINGS':
    case 'UNKNOWN':
    case 'NOTE':
    case 'OMITTED':
      return true;
    default:
      return false;
  }
}

function costOf(event: FrameEvent): number {
  if (event.kind !== 'HEADERS' && event.kind !== 'PUSH_PROMISE') return EVENT_COST;
  return event.fields.reduce((sum, [name, value]) => sum + name.length + value.length + 32, EVENT_COST);
}
