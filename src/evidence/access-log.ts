import { ComponentDiedError, messageOf } from '../errors.ts';
import { TIMEOUTS } from '../timeouts.ts';
import { done, notYet, waitFor } from '../waiting.ts';
import { isPreflight, parseAccessLogLine, type AccessLogLine } from './access-log-format.ts';

/** How many lines of the pods' own talk are kept for the message when the stream breaks off. */
const KEPT_OTHER_LINES = 20;

/**
 * The gateway's access log, followed from its pods' logs. Envoy writes a line when the stream has ended and flushes
 * its file about once a second, so lines are asked for with a wait.
 */
export class AccessLog {
  readonly #byRpc = new Map<string, AccessLogLine[]>();
  readonly #preflights = new Map<string, AccessLogLine[]>();
  readonly #other: string[] = [];
  #broken: Error | undefined;
  #followers = 0;

  /** @param lines as for {@link follow} */
  constructor(lines: AsyncIterable<string>) {
    this.follow(lines);
  }

  /**
   * Follows a pod, beside those that came before it and are on their way out.
   *
   * @param lines the gateway pod's log lines from now on, without their line ends. When those of the newest pod end,
   *   or throw, every wait breaks at once: a follower that is gone must never look like a gateway that said nothing
   */
  follow(lines: AsyncIterable<string>): void {
    this.#followers++;
    void this.#read(lines, this.#followers);
  }

  /**
   * Follows another gateway's pod. It comes and goes with its configuration, so that the end of its lines is no trouble.
   */
  followBeside(lines: AsyncIterable<string>): void {
    void this.#read(lines, 0);
  }

  async #read(lines: AsyncIterable<string>, follower: number): Promise<void> {
    let how = 'ended';
    try {
      for await (const text of lines) {
        const line = parseAccessLogLine(text);
        if (line === undefined) {
          this.#other.push(text);
          if (this.#other.length > KEPT_OTHER_LINES) this.#other.shift();
        } else if (typeof line.rpcId === 'string') {
          const kept = isPreflight(line) ? this.#preflights : this.#byRpc;
          const known = kept.get(line.rpcId);
          if (known === undefined) kept.set(line.rpcId, [line]);
          else known.push(line);
        }
      }
    } catch (error) {
      how = `broke off: ${messageOf(error)}`;
    }
    if (follower < this.#followers) return;
    this.#broken = new ComponentDiedError(
      "the follower of the gateway's log",
      how,
      this.#other,
      "the gateway pod's own log",
    );
  }

  /**
   * The lines of the preflights that a real browser made for an RPC, as far as they are in. Each is there before any
   * line of the RPC itself.
   */
  preflightsOf(rpcId: string): readonly AccessLogLine[] {
    return this.#preflights.get(rpcId) ?? [];
  }

  /** The lines of an RPC that are in by now, in the order of the log. */
  linesOf(rpcId: string): readonly AccessLogLine[] {
    return this.#byRpc.get(rpcId) ?? [];
  }

  /**
   * The lines of an RPC, once there are at least `count`.
   *
   * @throws WaitTimeoutError when they do not come within `TIMEOUTS.accessLogFlush`
   * @throws ComponentDiedError when the log is not followed any more
   */
  async waitForLines(rpcId: string, count: number, signal: AbortSignal): Promise<readonly AccessLogLine[]> {
    const found = await waitFor(
      {
        subject: `${count} access-log line(s) of RPC ${rpcId}`,
        deadlineMs: TIMEOUTS.accessLogFlush,
        intervalMs: 20,
        signal,
      },
      () => {
        const lines = this.linesOf(rpcId);
        if (lines.length >= count) return Promise.resolve(done<readonly AccessLogLine[] | Error>(lines));
        if (this.#broken !== undefined)
          return Promise.resolve(done<readonly AccessLogLine[] | Error>(this.#broken));
        return Promise.resolve(notYet(`${lines.length} line(s)`));
      },
    );
    if (found instanceof Error) throw found;
    return found;
  }
}
