import type { GrpcJsInvocation } from '../../src/clients/invocation.ts';
import type { Script, Step } from '../../src/clients/script.ts';
import type { LedgerExpectation, RpcExpectation } from '../../src/conformance/expectation.ts';
import { streamTime } from '../../src/conformance/stream-time.ts';
import { TIMEOUTS } from '../../src/timeouts.ts';
import { replies, requestsSeen } from '../expectations.ts';
import { METHODS, requestsFor } from '../requests.ts';

/** The kinds of RPC that are long-lived. */
export const STREAMS = ['server-stream', 'client-stream', 'bidi'] as const;
export type Stream = (typeof STREAMS)[number];
/** Messages all the time, or none for longer than the idle timers of the sabotages. */
export const PACES = ['busy', 'quiet'] as const;
type Pace = (typeof PACES)[number];

/** How long the streams last, in milliseconds; `run --stream-time` says otherwise. */
export const STREAM_MS = streamTime() * 1_000;
/** When the harness gives up on one of them, in milliseconds. */
export const STREAM_LIMIT_MS = STREAM_MS + TIMEOUTS.rpc;

const PAYLOAD = 500;
/** Ten messages a second, and two in a stream of an hour: far more often than any idle timer of the row. */
const INTERVAL_MS = Math.min(500, Math.max(100, Math.ceil(STREAM_MS / 7_200)));
const MANY = Math.floor(STREAM_MS / INTERVAL_MS) + 1;
/** Messages come when they are sent, not all together at the end; the first may be late on a busy machine. */
const SPREAD = { min: STREAM_MS - 500 } as const;
const TRAILERS = { 'x-stream': 'whole' } as const;
const END: Step = { status: 'OK', trailers: TRAILERS };

/** A stream that lasts `STREAM_MS`: what the client does, and what it and the server must then have seen. */
interface LongStream {
  readonly invocation: Pick<GrpcJsInvocation, 'method' | 'requests' | 'requestIntervalMs' | 'script'>;
  readonly rpc: RpcExpectation;
  readonly ledger: LedgerExpectation;
}

const SHAPES = {
  'server-stream': {
    busy: {
      requests: 1,
      steps: [{ messages: { count: MANY, payloadBytes: PAYLOAD, intervalMs: INTERVAL_MS } }],
      seen: { ...replies(MANY), payloadBytes: PAYLOAD, betweenFirstAndLastMs: SPREAD },
    },
    quiet: {
      requests: 1,
      steps: [
        { messages: { payloadBytes: PAYLOAD } },
        { wait: STREAM_MS },
        { messages: { payloadBytes: PAYLOAD } },
      ],
      seen: { ...replies(2), payloadBytes: PAYLOAD, betweenFirstAndLastMs: SPREAD },
    },
  },
  'client-stream': {
    busy: {
      requests: MANY,
      steps: [{ answer: true }],
      seen: { count: 1, reply: { received: MANY, received_bytes: MANY * PAYLOAD } },
    },
    // The gateway has had the half-close when the silence begins, so that all timers count.
    quiet: {
      requests: 2,
      steps: [{ wait: STREAM_MS }, { answer: true }],
      seen: { count: 1, reply: { received: 2, received_bytes: 2 * PAYLOAD } },
    },
  },
  bidi: {
    // After the half-close the server goes on: for a timeout on the route this is when the time begins to count.
    busy: {
      requests: 10,
      steps: [
        { echo: 'all' },
        { messages: { count: MANY - 10, payloadBytes: PAYLOAD, intervalMs: INTERVAL_MS } },
      ],
      seen: { ...replies(MANY), payloadBytes: PAYLOAD, betweenFirstAndLastMs: SPREAD },
    },
    quiet: {
      requests: 2,
      steps: [{ echo: 'all' }, { wait: STREAM_MS }, { messages: { payloadBytes: PAYLOAD } }],
      seen: { ...replies(3), payloadBytes: PAYLOAD, betweenFirstAndLastMs: SPREAD },
    },
  },
} as const satisfies Record<
  Stream,
  Record<Pace, { requests: number; steps: readonly Step[]; seen: Omit<RpcExpectation, 'status'> }>
>;

/** The stream of a kind and a pace. It carries no deadline: nothing in the path may give it one. */
export function longStream(kind: Stream, pace: Pace): LongStream {
  const { requests, steps, seen } = SHAPES[kind][pace];
  // Whoever else tells the server of a deadline: here it is the gateway that must let the stream live.
  const script: Script = { steps: [...steps, END], ignoreDeadline: kind === 'server-stream' };
  return {
    invocation: {
      method: METHODS['streaming-service'][kind],
      requests: requestsFor(kind, requests, PAYLOAD),
      requestIntervalMs: INTERVAL_MS,
      script,
    },
    rpc: { status: 'OK', ...seen, trailers: TRAILERS, servedBy: { service: 'streaming-service' } },
    ledger: {
      attempts: 1,
      service: 'streaming-service',
      deadlineMs: null,
      ...requestsSeen(requests),
      halfClosed: true,
      cancelled: false,
    },
  };
}
