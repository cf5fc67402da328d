import { createHistogram, monitorEventLoopDelay, type RecordableHistogram } from 'node:perf_hooks';

/** What one histogram holds, in milliseconds with three significant digits. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  /** Upper edges of the histogram's own steps with how many were at or below, for a picture. */
  readonly cumulative: readonly (readonly [ms: number, percent: number])[];
}

/**
 * How long unary RPCs took, and how far this process was to be trusted while it measured.
 *
 * Response times count from the moment an RPC was meant to start, so that a stall counts for every RPC that it held
 * up, also for those that this process could not start meanwhile. Nothing else is corrected: that would count twice.
 */
export interface Latency {
  /** From intended start to end; of RPCs that were answered OK, and at once by their server. */
  readonly response: Percentiles;
  /** From actual start to end; of the same. */
  readonly service: Percentiles;
  /** From intended to actual start; of all RPCs. */
  readonly lateness: Percentiles;
  /** How late this process's own timers fired. */
  readonly eventLoopDelay: Percentiles;
  /** Why the percentiles of `response` are not to be relied on; absent when they are. */
  readonly doubt?: string;
}

/** Histograms are of whole microseconds. */
const PER_MS = 1000;
/** An hour: more than anything here may take. */
const HIGHEST = 3_600_000 * PER_MS;

/** Late starts may be so much of the reported p99 before the figure is about this process and not about the mesh. */
const TOLERATED_LATENESS = 0.1;
/** Milliseconds: timers of Node are no better than this, and nothing below it is held against a measurement. */
const TIMER_GRAIN = 2;

/** Collects {@link Latency} while traffic runs. */
export class LatencyRecorder {
  readonly #response = histogram();
  readonly #service = histogram();
  readonly #lateness = histogram();
  readonly #loop = monitorEventLoopDelay({ resolution: 10 });

  constructor() {
    this.#loop.enable();
  }

  started(intendedAtMs: number, startedAtMs: number): void {
    record(this.#lateness, startedAtMs - intendedAtMs);
  }

  answered(intendedAtMs: number, startedAtMs: number, endedAtMs: number): void {
    record(this.#response, endedAtMs - intendedAtMs);
    record(this.#service, endedAtMs - startedAtMs);
  }

  /** Ends the watch over the event loop. */
  finish(): Latency {
    this.#loop.disable();
    const response = percentilesOf(this.#response, PER_MS);
    const lateness = percentilesOf(this.#lateness, PER_MS);
    const bound = Math.max(TIMER_GRAIN, TOLERATED_LATENESS * response.p99);
    return {
      response,
      service: percentilesOf(this.#service, PER_MS),
      lateness,
      eventLoopDelay: percentilesOf(this.#loop, 1_000_000),
      ...(lateness.p99 > bound && {
        doubt: `1 % of the RPCs were started more than ${lateness.p99} ms late, against a p99 of ${response.p99} ms: the machine was too busy to measure`,
      }),
    };
  }
}

const histogram = (): RecordableHistogram => createHistogram({ lowest: 1, highest: HIGHEST, figures: 3 });

function record(into: RecordableHistogram, ms: number): void {
  into.record(Math.min(HIGHEST, Math.max(1, Math.round(ms * PER_MS))));
}

type Counted = Pick<RecordableHistogram, 'count' | 'max' | 'percentile' | 'percentiles'>;

function percentilesOf(counted: Counted, perMs: number): Percentiles {
  const { count } = counted;
  const ms = (value: number): number => Math.round((value / perMs) * 1000) / 1000;
  const at = (percentile: number): number => (count === 0 ? 0 : ms(counted.percentile(percentile)));
  return {
    count,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    max: count === 0 ? 0 : ms(counted.max),
    cumulative:
      count === 0 ? [] : [...counted.percentiles].map(([percent, value]) => [ms(value), percent] as const),
  };
}
