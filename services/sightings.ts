import type { EventOf, FrameEvent } from '../src/frames/timeline/events.ts';
import type { Connection } from './connections.ts';
import type { Entry, Sighting } from './contract.ts';
import type { Ledger } from './ledger.ts';

/** Milliseconds within which the last frames of a stream that HTTP/2 has closed are waited for. */
const LAST_FRAMES_MS = 200;
const LOOK_AGAIN_MS = 5;

/** Hands what the taps saw of RPCs to the collector, once each is over. */
export class Sightings {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Bytes that never become an RPC are handed over when their connection ends. */
  watch(connection: Connection): void {
    const { tap } = connection;
    if (tap === undefined) return;
    connection.socket.once('close', () => {
      const timeline = { ...tap.log.timeline(), streams: [] };
      const stray = timeline.events.find(isStray);
      if (stray === undefined) return;
      this.#ledger.sighted({
        case_id: headerIn(stray.text, 'x-meshproof-case'),
        rpc_id: headerIn(stray.text, 'x-meshproof-rpc'),
        pod: timeline.pod ?? '',
        connection: connection.number,
        stream_id: 0,
        at: stray.atMs,
        timeline: JSON.stringify(timeline),
      });
    });
  }

  /** To be called when HTTP/2 has closed the stream. Frames of RPCs that belong to no case are forgotten. */
  closed(connection: Connection, entry: Entry): void {
    const { tap } = connection;
    if (tap === undefined) return;
    if (entry.case_id === '' || entry.rpc_id === '') {
      tap.log.decode();
      tap.log.forget(entry.stream_id);
    } else {
      this.#ledger.sighted(this.#sighting(connection, tap, entry));
    }
  }

  async #sighting(
    connection: Connection,
    { log }: NonNullable<Connection['tap']>,
    { case_id, rpc_id, pod, stream_id, started }: Entry,
  ): Promise<Sighting> {
    const enough = performance.now() + LAST_FRAMES_MS;
    do await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    while (!log.isClosed(stream_id) && !connection.socket.destroyed && performance.now() < enough);
    const timeline = JSON.stringify(log.timelineOf(stream_id));
    log.forget(stream_id);
    return { case_id, rpc_id, pod, connection: connection.number, stream_id, at: started, timeline };
  }
}

const isStray = (event: FrameEvent): event is EventOf<'NOT_HTTP2'> => event.kind === 'NOT_HTTP2';

/** A line of an HTTP/1.1 header; empty when it is not there. */
function headerIn(text: string, name: string): string {
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0 && line.slice(0, colon).toLowerCase() === name) return line.slice(colon + 1).trim();
  }
  return '';
}
