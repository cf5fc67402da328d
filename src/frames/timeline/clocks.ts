import type { FrameEvent } from './events.ts';

/** How the backend leg's clock was put onto the client leg's. */
export interface ClockAlignment {
  /** Milliseconds added to the backend leg's times. */
  readonly backendShiftMs: number;
  /** Why, for a reader; empty when the clocks agree. */
  readonly note: string;
}

interface WithEvents {
  readonly events: readonly FrameEvent[];
}

/**
 * The legs may be recorded on different machines. What is certain is that a request reaches the service after it
 * left the client, and the reply reaches the client after it left the service. If the clocks agree with that, they
 * are left alone; else the backend leg is shifted into the middle of what is possible.
 *
 * @param client streams of the RPC on the client leg, by time
 * @param backend its attempts, by time
 */
export function alignClocks(client: readonly WithEvents[], backend: readonly WithEvents[]): ClockAlignment {
  const asked = client[0]?.events[0]?.atMs;
  const arrived = backend[0]?.events[0]?.atMs;
  if (asked === undefined || arrived === undefined) return { backendShiftMs: 0, note: '' };
  const answered = firstFromServer(backend.at(-1));
  const received = firstFromServer(client.at(-1));
  const least = asked - arrived;
  // A gateway may answer by itself, without waiting for the service: then this bounds nothing.
  const most = answered === undefined || received === undefined ? Infinity : received - answered;
  if (least <= 0 && (most >= 0 || most < least)) return { backendShiftMs: 0, note: '' };
  const backendShiftMs = most === Infinity || most < least ? least : (least + most) / 2;
  const bounds = most === Infinity || most < least ? `at least ${ms(least)}` : `${ms(least)} to ${ms(most)}`;
  return {
    backendShiftMs,
    note: `the clocks of the two legs differ by ${bounds}; the backend leg is shown ${ms(backendShiftMs)} later`,
  };
}

const firstFromServer = (stream: WithEvents | undefined): number | undefined =>
  stream?.events.find(({ from }) => from === 'server')?.atMs;

const ms = (value: number): string => `${value.toFixed(1)} ms`;
