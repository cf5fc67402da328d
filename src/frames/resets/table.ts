import type { EventOf, Leg, Party } from '../timeline/events.ts';
import { endMs, requestOf, type RpcStream, type RpcTimeline } from '../timeline/rpc-timeline.ts';

/** What is known of an RPC beside its frames. */
export interface RpcFacts {
  /** The final status as its client reported it, such as `CANCELLED`. */
  readonly clientStatus?: string;
  /** The gateway's timers for this RPC, in milliseconds; absent where there is none. */
  readonly timers?: {
    readonly perTryMs?: number;
    /** The route's timeout, or the client's grpc-timeout, which the gateway enforces. */
    readonly requestMs?: number;
  };
  /** What the case itself has ordered a party to do. */
  readonly ordered?: readonly OrderedEnd[];
}

/** A reset, a GOAWAY or the end of a connection that a case is about. */
export interface OrderedEnd {
  readonly kind: 'RST_STREAM' | 'GOAWAY' | 'END';
  readonly leg: Leg;
  readonly by: Party;
  /** HTTP/2 error code; any if absent. */
  readonly code?: number;
}

/** A reset with what it is judged by. */
export interface ResetInContext {
  readonly reset: EventOf<'RST_STREAM'>;
  readonly stream: RpcStream;
  readonly timeline: RpcTimeline;
  readonly facts: RpcFacts;
}

/** One kind of RST_STREAM that does no harm. */
export interface ResetRow {
  readonly leg: Leg;
  readonly by: Party;
  readonly codes: readonly number[];
  /** The state of the RPC, for a reader. */
  readonly when: string;
  readonly source: string;
  readonly holds: (context: ResetInContext) => boolean;
}

const NO_ERROR = 0;
const INTERNAL_ERROR = 2;
const CANCEL = 8;
const EARLY_RESPONSE = 'RFC 9113, section 8.1';
const GRPC_CANCEL = 'gRPC over HTTP/2: a client that gives up sends RST_STREAM(CANCEL)';
/**
 * What a gateway writes when it gives a try up: Envoy NO_ERROR before 1.37 and INTERNAL_ERROR since (its runtime
 * guard reset_with_error, changelog of 1.37.0; seen with 1.40 in each of the states below), others CANCEL.
 */
const GIVES_UP = [NO_ERROR, INTERNAL_ERROR, CANCEL];
const ENVOY_TIMEOUTS = "Envoy's timeouts: per try, and for the whole request";

/** Timers of a proxy may fire a little early as seen by another clock. */
const TIMER_SLACK_MS = 25;
/** Two taps of one machine agree to much less than this. */
const CLOCK_SLACK_MS = 5;

/**
 * The rule for "RST_STREAM-free": each RST_STREAM of an RPC must be one of these. What is not in the table is a
 * finding, unless the case has ordered it.
 */
export const RESET_TABLE: readonly ResetRow[] = [
  {
    leg: 'client',
    by: 'gateway',
    codes: [NO_ERROR],
    when: "after the response's END_STREAM",
    source: EARLY_RESPONSE,
    holds: responseHadEnded,
  },
  {
    leg: 'client',
    by: 'client',
    codes: [NO_ERROR, CANCEL],
    when: "after the response's END_STREAM: it has its final status and sends no more",
    source: EARLY_RESPONSE,
    holds: responseHadEnded,
  },
  {
    leg: 'client',
    by: 'client',
    codes: [CANCEL],
    when: 'the client cancelled, or its deadline passed',
    source: GRPC_CANCEL,
    holds: ({ facts }) => facts.clientStatus === 'CANCELLED' || facts.clientStatus === 'DEADLINE_EXCEEDED',
  },
  {
    leg: 'backend',
    by: 'backend',
    codes: [NO_ERROR],
    when: "after the response's END_STREAM",
    source: EARLY_RESPONSE,
    holds: responseHadEnded,
  },
  {
    leg: 'backend',
    by: 'gateway',
    codes: GIVES_UP,
    when: "after the response's END_STREAM: the rest of the request is not wanted",
    source: EARLY_RESPONSE,
    holds: responseHadEnded,
  },
  {
    leg: 'backend',
    by: 'gateway',
    codes: GIVES_UP,
    when: 'after the client had reset its stream, or was gone',
    source: 'RFC 9113, section 8.1.1: an intermediary passes on a cancellation',
    holds: clientHadLeft,
  },
  {
    leg: 'backend',
    by: 'gateway',
    codes: GIVES_UP,
    when: "after the gateway's timeout for one try",
    source: ENVOY_TIMEOUTS,
    holds: ({ reset, stream, facts }) => reset.atMs >= startOf(stream) + timer(facts.timers?.perTryMs),
  },
  {
    leg: 'backend',
    by: 'gateway',
    codes: GIVES_UP,
    when: "after the gateway's timeout for the whole request",
    source: ENVOY_TIMEOUTS,
    holds: ({ reset, timeline, facts }) =>
      reset.atMs + timeline.clock.backendShiftMs >= startOfRequest(timeline) + timer(facts.timers?.requestMs),
  },
];

function responseHadEnded({ reset, stream }: ResetInContext): boolean {
  return (endMs(stream.events, 'server') ?? Infinity) <= reset.atMs;
}

function clientHadLeft({ reset, timeline }: ResetInContext): boolean {
  const until = reset.atMs + timeline.clock.backendShiftMs + CLOCK_SLACK_MS;
  return timeline.streams
    .filter(({ leg }) => leg === 'client')
    .flatMap(({ events, connectionEvents }) => [...events, ...connectionEvents])
    .some(
      ({ kind, from, atMs }) =>
        (kind === 'RST_STREAM' || kind === 'END') && from === 'client' && atMs <= until,
    );
}

const startOf = ({ events }: RpcStream): number => requestOf(events)?.atMs ?? Infinity;

/** By the client leg's clock, if it was tapped. */
function startOfRequest({ streams, startMs }: RpcTimeline): number {
  const first = streams.find(({ leg }) => leg === 'client');
  return first === undefined ? startMs : startOf(first);
}

/** A timer that is not set never fires. */
const timer = (ms: number | undefined): number => (ms === undefined ? Infinity : ms - TIMER_SLACK_MS);
