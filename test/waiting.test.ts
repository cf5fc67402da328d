import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { InterruptedError, WaitTimeoutError } from '../src/errors.ts';
import { done, notYet, waitFor } from '../src/waiting.ts';

describe('waitFor', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('gives the value of the first try that has one', async () => {
    let tries = 0;
    const waiting = waitFor({ subject: 'the third try', deadlineMs: 1000, intervalMs: 10 }, () =>
      Promise.resolve(++tries === 3 ? done(tries) : notYet(`try ${tries}`)),
    );
    await vi.advanceTimersByTimeAsync(100);
    await expect(waiting).resolves.toBe(3);
  });

  test('says at the deadline what was awaited, how long, how many tries, and what was seen last', async () => {
    let tries = 0;
    const waiting = waitFor({ subject: 'rain', deadlineMs: 1000, intervalMs: 100 }, () =>
      Promise.resolve(notYet(`sun, ${++tries} times`)),
    );
    const failure = waiting.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1200);
    const error = await failure;
    expect(error).toBeInstanceOf(WaitTimeoutError);
    expect(error).toMatchObject({ subject: 'rain', attempts: tries, last: `sun, ${tries} times` });
    expect((error as WaitTimeoutError).elapsedMs).toBeGreaterThanOrEqual(1000);
    expect((error as WaitTimeoutError).message).toMatch(
      /^waited 1\.\d s \(\d+ tries\) for rain; last seen: sun/,
    );
  });

  test('keeps the last error as the cause', async () => {
    const refused = new Error('connection refused');
    const failure = waitFor({ subject: 'a server', deadlineMs: 300 }, () => Promise.reject(refused)).catch(
      (error: unknown) => error,
    );
    await vi.advanceTimersByTimeAsync(500);
    expect(await failure).toMatchObject({ last: 'connection refused', cause: refused });
  });

  test('a try that never returns costs its own limit, not the whole wait', async () => {
    let tries = 0;
    const aborted: boolean[] = [];
    const waiting = waitFor(
      { subject: 'an answer', deadlineMs: 10_000, tryMs: 200, intervalMs: 10 },
      (signal) => {
        if (++tries > 2) return Promise.resolve(done('answered'));
        signal.addEventListener('abort', () => aborted.push(true));
        return new Promise(() => undefined);
      },
    );
    await vi.advanceTimersByTimeAsync(1000);
    await expect(waiting).resolves.toBe('answered');
    expect(aborted).toEqual([true, true]);
  });

  test('ends at once when interrupted, also within a try', async () => {
    const controller = new AbortController();
    const failure = waitFor(
      { subject: 'an answer', deadlineMs: 10_000, signal: controller.signal },
      (signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('gone')))),
    ).catch((error: unknown) => error);
    controller.abort(new InterruptedError('interrupted'));
    await vi.advanceTimersByTimeAsync(1);
    expect(await failure).toMatchObject({ message: 'interrupted' });
  });

  test('a final error ends the wait as it is', async () => {
    const crash = new Error('it keeps crashing');
    const failure = waitFor(
      { subject: 'a pod', deadlineMs: 10_000, isFinal: (error) => error === crash },
      () => Promise.reject(crash),
    ).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1);
    expect(await failure).toBe(crash);
  });
});
