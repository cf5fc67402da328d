import { UsageError } from '../errors.ts';

/** By it the time crosses into the processes that a run is made of: cases are data, made anew in each. */
const VARIABLE = 'MESHPROOF_STREAM_TIME';
/** Seconds: the scaled profile of every run. */
const DEFAULT = 2;
/** Seconds in a day: nobody waits for longer, and a timer of Node's could not. */
const MOST = 86_400;

/** How long the long-lived streams of the suites last, in seconds: 2 unless `run --stream-time` said otherwise. */
export const streamTime = (): number => Number(process.env[VARIABLE] ?? DEFAULT);

/**
 * Has them last for another time, in this process and in those it starts. Cases that are made already stay as they are.
 *
 * @param seconds a whole number from 2 to 86400, as text
 * @throws UsageError for anything else
 */
export function setStreamTime(seconds: string): void {
  const number = Number(seconds);
  if (!Number.isInteger(number) || number < DEFAULT || number > MOST || seconds.trim() === '') {
    throw new UsageError(
      `--stream-time takes seconds, a whole number from ${DEFAULT} to ${MOST}, not "${seconds}"`,
      {
        hint: 'An hour is 3600.',
      },
    );
  }
  process.env[VARIABLE] = String(number);
}
