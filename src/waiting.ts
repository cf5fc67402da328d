import { InterruptedError, WaitTimeoutError, messageOf } from './errors.ts';
import { TIMEOUTS } from './timeouts.ts';

/** What one try of a wait found: the value waited for, or what stands in its way. */
export type Try<T> =
  { readonly done: true; readonly value: T } | { readonly done: false; readonly last: string };

export const done = <T>(value: T): Try<T> => ({ done: true, value });
export const notYet = (last: string): Try<never> => ({ done: false, last });

export interface WaitOptions {
  /** What is awaited, as the error will say it. */
  readonly subject: string;
  /** Milliseconds until {@link WaitTimeoutError}. */
  readonly deadlineMs: number;
  /** Milliseconds between tries; default 50. */
  readonly intervalMs?: number;
  /** Milliseconds one try may take; default `TIMEOUTS.singleTry`. A try that never returns costs no more than this. */
  readonly tryMs?: number;
  readonly signal?: AbortSignal;
  /** Errors of a try that no further try can cure: they end the wait as they are. */
  readonly isFinal?: (error: unknown) => boolean;
}

/**
 * Asks until the answer is there. A try that throws counts as "not yet", and what it threw is what the error
 * reports if nothing better was seen.
 *
 * @throws WaitTimeoutError at the deadline
 * @throws InterruptedError when `signal` aborts
 */
export async function waitFor<T>(
  options: WaitOptions,
  attempt: (signal: AbortSignal) => Promise<Try<T>>,
): Promise<T> {
  const started = performance.now();
  let attempts = 0;
  let last = 'nothing yet';
  let cause: unknown;
  for (;;) {
    options.signal?.throwIfAborted();
    const left = options.deadlineMs - (performance.now() - started);
    if (left <= 0)
      throw new WaitTimeoutError(options.subject, performance.now() - started, attempts, last, cause);
    attempts++;
    try {
      const result = await raceOne(
        attempt,
        Math.min(left, options.tryMs ?? TIMEOUTS.singleTry),
        options.signal,
      );
      if (result.done) return result.value;
      last = result.last;
      cause = undefined;
    } catch (error) {
      if (options.signal?.aborted === true) throw interrupted(options.signal, options.subject);
      if (options.isFinal?.(error) === true) throw error;
      last = messageOf(error);
      cause = error;
    }
    try {
      await delay(options.intervalMs ?? 50, options.signal);
    } catch {
      throw interrupted(options.signal, options.subject);
    }
  }
}

function interrupted(signal: AbortSignal | undefined, subject: string): Error {
  const reason: unknown = signal?.reason;
  if (reason instanceof Error && reason.name !== 'AbortError') return reason;
  return new InterruptedError(`interrupted while waiting for ${subject}`, { cause: reason });
}

/**
 * Lets time pass. Whoever waits for something uses {@link waitFor}; this is for where passing is all that is wanted. The
 * global timer and not node:timers/promises, so that tests can put a clock of their own in its place.
 *
 * @throws the reason of `signal` when it aborts
 */
export function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}

async function raceOne<T>(
  attempt: (signal: AbortSignal) => Promise<Try<T>>,
  limitMs: number,
  outer: AbortSignal | undefined,
): Promise<Try<T>> {
  const own = new AbortController();
  const signal = outer ? AbortSignal.any([outer, own.signal]) : own.signal;
  const timer = delay(limitMs, signal).then((): Try<T> =>
    notYet(`a try that gave no answer in ${limitMs.toFixed(0)} ms`),
  );
  timer.catch(() => undefined);
  try {
    return await Promise.race([attempt(signal), timer]);
  } finally {
    own.abort();
  }
}
