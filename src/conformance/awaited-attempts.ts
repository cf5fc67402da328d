import type { AccessLogLine } from '../evidence/access-log-format.ts';
import type { LedgerExpectation } from './expectation.ts';

/**
 * How many attempts of an RPC the ledger is waited for: those that are expected, and no more than the gateway says it
 * made. Its lines are written when the RPC is over for it, so that an attempt it has not counted will never come. A
 * case whose cause is to be seen by an attempt that is missing would else always wait in vain.
 *
 * @param lines of the gateway about the RPC; without any nothing is known, as of an RPC that does not pass it
 */
export function awaitedAttempts(
  { attempts, services }: Pick<LedgerExpectation, 'attempts' | 'services'>,
  lines: readonly AccessLogLine[],
): number {
  const made = lines.map((line) => line.attempts);
  if (made.length === 0 || !made.every((count) => typeof count === 'number')) return attempts;
  const all = made.reduce((sum, count) => sum + count, 0);
  // A mirrored request is no attempt to the gateway, but there is none either of what it never sent anywhere.
  return services === undefined || all === 0 ? Math.min(attempts, all) : attempts;
}
