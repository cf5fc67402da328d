import fc from 'fast-check';
import { expect, test } from 'vitest';
import { intendedTimes, openLoop, type Ticker } from '../../src/traffic/schedule.ts';

/** A clock that stands still until a callback is due, and jumps as the test has it. */
class StandingClock implements Ticker {
  #now = 0;
  readonly #due: { at: number; callback: () => void }[] = [];
  now = () => this.#now;
  later = (ms: number, callback: () => void) => void this.#due.push({ at: this.#now + ms, callback });

  /** @param stalls how late the n-th callback is, in milliseconds */
  run(untilMs: number, stalls: (n: number) => number): void {
    for (let n = 0; ; n++) {
      const next = this.#due.shift();
      if (next === undefined || next.at > untilMs) return;
      this.#now = Math.max(this.#now, next.at + stalls(n));
      next.callback();
    }
  }
}

test('every intended start happens, in order and never early, however the process stalls', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2000 }),
      fc.integer(),
      fc.array(fc.nat(500), { minLength: 1, maxLength: 20 }),
      (rate, seed, stalls) => {
        const clock = new StandingClock();
        const starts: [number, number][] = [];
        const times = intendedTimes(rate, seed);
        const stop = openLoop(times, (...each) => starts.push(each), clock);
        clock.run(3000, (n) => stalls[n % stalls.length] ?? 0);
        const due = stop();
        expect(starts).toHaveLength(due);
        expect(starts.map(([intended]) => intended)).toEqual(starts.map((_, n) => times(n)));
        for (const [intended, started] of starts) expect(started).toBeGreaterThanOrEqual(intended);
        // Whatever is due by now has been started.
        expect(times(due)).toBeGreaterThan(clock.now());
      },
    ),
    { numRuns: 50 },
  );
});

test('a stall shows as late starts and not as fewer of them', () => {
  const clock = new StandingClock();
  const late: number[] = [];
  const stop = openLoop(intendedTimes(100, 1), (intended, started) => late.push(started - intended), clock);
  clock.run(1000, (n) => (n === 20 ? 300 : 0));
  stop();
  expect(late.length).toBeGreaterThanOrEqual(100);
  expect(Math.max(...late)).toBeGreaterThan(280);
  expect(late.filter((ms) => ms > 100).length).toBeGreaterThan(15);
});

test('starts are evenly spread, each within its own interval, and the same for one seed', () => {
  const times = intendedTimes(200, 7);
  const again = intendedTimes(200, 7);
  for (let n = 0; n < 500; n++) {
    expect(Math.floor(times(n) / 5)).toBe(n);
    expect(again(n)).toBe(times(n));
  }
});
