import { describeEvent } from './describe.ts';
import { partyOf, type FrameEvent } from './events.ts';
import type { RpcTimeline } from './rpc-timeline.ts';

/**
 * What a reader looks for first, a line each, by time: requests, ends of responses, resets, GOAWAY, ends of connections,
 * and whatever is not HTTP/2.
 */
export function tellingLines(timeline: RpcTimeline): string[] {
  return timeline.rows
    .filter(({ event }) => isTelling(event))
    .map(({ offsetMs, leg, event }) => {
      const way = `${partyOf(leg, event.from)} to ${partyOf(leg, event.from === 'client' ? 'server' : 'client')}`;
      return `${offsetMs.toFixed(1)} ms  ${way}: ${describeEvent(event)}`;
    });
}

function isTelling(event: FrameEvent): boolean {
  switch (event.kind) {
    case 'HEADERS':
      return event.from === 'client' || event.endStream;
    case 'RST_STREAM':
    case 'GOAWAY':
    case 'END':
    case 'NOT_HTTP2':
    case 'FAULT':
    case 'NOTE':
      return true;
    default:
      return false;
  }
}
