import { measured, rounded, type Measured } from '../statistics.ts';
import { RATES, WAYS, type Sample, type WayName } from './ways.ts';

/** One way at one rate: each figure once a round, so that its spread is its error. */
export interface WayFigures {
  readonly way: WayName;
  readonly rate: number;
  /** Milliseconds from when an RPC was to start to its status. */
  readonly p50: Measured;
  readonly p90: Measured;
  readonly p99: Measured;
  readonly firstRpcMs: Measured;
  readonly failed: number;
  /** Milliseconds of CPU time for 1000 RPCs, of all processes on the way together. */
  readonly cpuMsPer1000: Measured;
  /** Of each process. Counted in steps of 10 ms of CPU time. */
  readonly processes: Readonly<
    Record<string, { readonly cpuMsPer1000: Measured; readonly residentMiB: Measured }>
  >;
}

/** @param share 0 to 1 @returns NaN of nothing */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return rounded(sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN);
}

/** What the samples come to, and how far each way is from the first one, at the highest rate. */
export function figuresOf(samples: readonly Sample[]): {
  readonly ways: readonly WayFigures[];
  readonly ratios: Readonly<Record<string, number>>;
  readonly cpuRatios: Readonly<Record<string, number>>;
} {
  const ways = RATES.flatMap((rate) =>
    WAYS.map(({ name }) =>
      wayFigures(
        name,
        rate,
        samples.filter((each) => each.way === name && each.rate === rate),
      ),
    ),
  );
  const highest = ways.filter(({ rate }) => rate === RATES.at(-1));
  const against = (of: (way: WayFigures) => number) => {
    const [first] = highest;
    return Object.fromEntries(
      highest.map((each) => [each.way, rounded(of(each) / (first === undefined ? NaN : of(first)))]),
    );
  };
  return {
    ratios: against(({ p50 }) => p50.median),
    cpuRatios: against(({ cpuMsPer1000 }) => cpuMsPer1000.median),
    ways,
  };
}

function wayFigures(way: WayName, rate: number, samples: readonly Sample[]): WayFigures {
  const each = (of: (sample: Sample) => number) => measured(samples.map((sample) => rounded(of(sample))));
  const names = [...new Set(samples.flatMap(({ processes }) => Object.keys(processes)))];
  const total = ({ processes }: Sample) =>
    Object.values(processes).reduce((sum, { cpuMsPer1000 }) => sum + cpuMsPer1000, 0);
  return {
    way,
    rate,
    p50: each(({ latenciesMs }) => percentile(latenciesMs, 0.5)),
    p90: each(({ latenciesMs }) => percentile(latenciesMs, 0.9)),
    p99: each(({ latenciesMs }) => percentile(latenciesMs, 0.99)),
    firstRpcMs: each(({ firstRpcMs }) => firstRpcMs),
    failed: samples.reduce((sum, { failed }) => sum + failed, 0),
    cpuMsPer1000: each(total),
    processes: Object.fromEntries(
      names.map((name) => [
        name,
        {
          cpuMsPer1000: each(({ processes }) => processes[name]?.cpuMsPer1000 ?? 0),
          residentMiB: each(({ processes }) => processes[name]?.residentMiB ?? 0),
        },
      ]),
    ),
  };
}
