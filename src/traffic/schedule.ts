/** When RPCs are meant to start, fixed before any starts: what becomes of one moves no other. */

/** A small generator of numbers in [0, 1), the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * The intended time of the n-th start, in milliseconds, at a rate: evenly spaced, each moved within its own interval,
 * so that clients do not march in step with the gateway's own timers.
 *
 * @param perSecond more than 0
 */
export function intendedTimes(perSecond: number, seed: number): (n: number) => number {
  const interval = 1000 / perSecond;
  const random = seeded(seed);
  const times: number[] = [];
  return (n) => {
    while (times.length <= n) times.push((times.length + random()) * interval);
    return times[n] ?? 0;
  };
}

/** A clock in milliseconds, and a way to be called later: real, or a test's. */
export interface Ticker {
  now(): number;
  /** Calls back after about `ms`, once. */
  later(ms: number, callback: () => void): void;
}

const REAL_TICKER: Ticker = {
  now: () => performance.now(),
  later: (ms, callback) => void setTimeout(callback, ms),
};

/**
 * Calls `start` for each intended time that has come, whether or not what was started before is over. When the process
 * was held up, all that is due starts at once and none is left out: the delay then shows as a late start.
 *
 * @param intended times in milliseconds since now, ascending
 * @returns stops it, and says how many were due by then and were started
 */
export function openLoop(
  intended: (n: number) => number,
  start: (intendedAtMs: number, startedAtMs: number) => void,
  ticker: Ticker = REAL_TICKER,
): () => number {
  const zero = ticker.now();
  let next = 0;
  let stopped = false;
  const tick = (): void => {
    if (stopped) return;
    startDue();
    ticker.later(Math.max(1, intended(next) - (ticker.now() - zero)), tick);
  };
  const startDue = (): void => {
    for (;;) {
      const due = intended(next);
      const now = ticker.now() - zero;
      if (due > now) return;
      next++;
      start(zero + due, zero + now);
    }
  };
  tick();
  return () => {
    if (!stopped) startDue();
    stopped = true;
    return next;
  };
}
