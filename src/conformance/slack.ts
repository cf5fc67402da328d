/**
 * How late, in milliseconds, each timer may be seen to have fired. A timer never fires early, but for
 * {@link EARLY_MS}. The figures leave room for a busy machine of two cores. Timers that a case must tell apart
 * have to lie further apart than the slack of the earlier one.
 */
export const SLACK = {
  /** The client's own deadline: its event loop only. */
  'client deadline': 250,
  /** A route's timeout in the gateway: Envoy's timer, the reply on its way, the client's event loop. */
  'route timeout': 400,
  /** A try's timeout in the gateway. */
  'per-try timeout': 400,
  /** The gateway's idle timer for a stream. */
  'stream idle timeout': 500,
  /** The gateway's limit for a stream as a whole. */
  'max stream duration': 500,
  /** What the server's script waits for. */
  'server script': 400,
} as const;

/** A timer that can end an RPC. */
export type TimerName = keyof typeof SLACK;

/** Timers count in whole milliseconds of their own clocks, and grpc-timeout is rounded: this much early is on time. */
export const EARLY_MS = 10;
