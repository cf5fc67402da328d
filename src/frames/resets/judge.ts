import { describeEvent } from '../timeline/describe.ts';
import { partyOf, type EventOf, type FrameEvent, type Leg, type Party } from '../timeline/events.ts';
import { endMs, type RpcStream, type RpcTimeline } from '../timeline/rpc-timeline.ts';
import { errorCode } from '../wire/protocol.ts';
import { RESET_TABLE, type OrderedEnd, type ResetRow, type RpcFacts } from './table.ts';

/** One disagreement between the frames of an RPC and the rule. */
export interface FrameFinding {
  readonly what: string;
  readonly expected: string;
  readonly got: string;
  /** Where the rule comes from. */
  readonly source: string;
}

/** A RST_STREAM, and the row of the table, if any, that makes it harmless. */
export interface ResetRuling {
  readonly leg: Leg;
  readonly by: Party;
  readonly code: number;
  /** Milliseconds from the RPC's start. */
  readonly offsetMs: number;
  /** `ordered` when the case wanted it. */
  readonly allowedBy: ResetRow | 'ordered' | undefined;
}

const RESET_RULE = 'the table of harmless RST_STREAM frames';

/** Judges every RST_STREAM of an RPC by the table. */
export function ruleResets(timeline: RpcTimeline, facts: RpcFacts = {}): ResetRuling[] {
  return timeline.streams.flatMap((stream) =>
    stream.events
      .filter((event): event is EventOf<'RST_STREAM'> => event.kind === 'RST_STREAM')
      .map((reset) => {
        const { leg } = stream;
        const by = partyOf(leg, reset.from);
        const row = RESET_TABLE.find(
          (each) =>
            each.leg === leg &&
            each.by === by &&
            each.codes.includes(reset.code) &&
            each.holds({ reset, stream, timeline, facts }),
        );
        const allowedBy = row ?? (isOrdered(facts, leg, reset) ? 'ordered' : undefined);
        return { leg, by, code: reset.code, offsetMs: offsetOf(timeline, leg, reset), allowedBy };
      }),
  );
}

/**
 * What is wrong with the frames of an RPC, whatever its status: resets outside the table, GOAWAY with an error, a
 * connection that ended under an unanswered stream, bytes that are not HTTP/2, frames that HTTP/2 does not allow.
 */
export function judgeFrames(timeline: RpcTimeline, facts: RpcFacts = {}): FrameFinding[] {
  const resets = ruleResets(timeline, facts)
    .filter(({ allowedBy }) => allowedBy === undefined)
    .map(({ leg, by, code, offsetMs }) => ({
      what: `RST_STREAM on the ${leg} leg`,
      expected: 'none outside the rule',
      got: `${errorCode(code)} from the ${by} at ${offsetMs.toFixed(1)} ms`,
      source: RESET_RULE,
    }));
  const others = timeline.streams.flatMap((stream) =>
    [...new Set([...stream.events, ...stream.connectionEvents])].flatMap((event) => {
      const finding = isOrdered(facts, stream.leg, event) ? undefined : findingOf(event, stream);
      if (finding === undefined) return [];
      const by = partyOf(stream.leg, event.from);
      const at = offsetOf(timeline, stream.leg, event).toFixed(1);
      return [{ ...finding, got: `${describeEvent(event)}, from the ${by} at ${at} ms` }];
    }),
  );
  return [...resets, ...others];
}

function findingOf(event: FrameEvent, stream: RpcStream): Omit<FrameFinding, 'got'> | undefined {
  const where = `on the ${stream.leg} leg`;
  // What becomes of a connection that does not carry HTTP/2 is a consequence.
  if (stream.streamId === 0 && event.kind !== 'NOT_HTTP2') return undefined;
  switch (event.kind) {
    case 'GOAWAY':
      if (event.code === 0) return undefined;
      return { what: `GOAWAY ${where}`, expected: 'NO_ERROR, if any', source: 'RFC 9113, section 6.8' };
    case 'END':
      if (endMs(stream.events, 'server') !== undefined || wasReset(stream)) return undefined;
      // The other end only follows.
      if (stream.connectionEvents.find(({ kind }) => kind === 'END') !== event) return undefined;
      return {
        what: `end of the connection ${where}`,
        expected: 'not before the response has ended',
        source: 'RFC 9113, section 8.1',
      };
    case 'NOT_HTTP2':
      return { what: `protocol ${where}`, expected: 'HTTP/2', source: 'gRPC over HTTP/2' };
    case 'FAULT':
      return { what: `frames ${where}`, expected: 'as HTTP/2 allows them', source: 'RFC 9113' };
    default:
      return undefined;
  }
}

const wasReset = ({ events }: RpcStream): boolean => events.some(({ kind }) => kind === 'RST_STREAM');

function isOrdered({ ordered = [] }: RpcFacts, leg: Leg, event: FrameEvent): boolean {
  const by = partyOf(leg, event.from);
  const matches = (order: OrderedEnd): boolean =>
    order.kind === event.kind &&
    order.leg === leg &&
    order.by === by &&
    (order.code === undefined || !('code' in event) || order.code === event.code);
  return ordered.some(matches);
}

const offsetOf = ({ startMs, clock }: RpcTimeline, leg: Leg, { atMs }: FrameEvent): number =>
  atMs + (leg === 'backend' ? clock.backendShiftMs : 0) - startMs;
