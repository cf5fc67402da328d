import type { Transport } from '../clients/target.ts';
import type { Bench } from './bench.ts';
import { measureInOwnMesh, type BenchRequest } from './own-mesh.ts';
import { measured, rounded, type Measured } from './statistics.ts';

/** One load, without taps and with them, in turns. */
export interface Window {
  readonly load: string;
  readonly transport: Transport;
  /** RPCs in a second, by whether both legs were tapped. */
  readonly rpcsPerSecond: Readonly<Record<'untapped' | 'tapped', number>>;
  /** Microseconds for each RPC that the client leg's tap decoded for afterwards. */
  readonly decodeMicroseconds: number;
}

/** What the taps may cost, in percent of the RPCs in a second. */
const MOST_PERCENT = 30;

/**
 * What both taps cost: RPCs in a second through the gateway of one mesh, in a closed loop on one connection, without
 * taps and with them in turns. The client's tap is a process of its own, as it is in a run; the service's is in the
 * service. Client, gateway and services share the machine, so what a tap takes of it is taken from all.
 */
export const tap: Bench = {
  name: 'tap',
  key: 'tap',
  description: 'RPCs in a second through the gateway, without the frame taps and with them',
  rounds: 5,
  measure: async (context) => {
    const { outcome, machine } = await measureInOwnMesh<BenchRequest, Window[]>(
      context,
      'bench-tap',
      'src/bench/tap-inside.ts',
      {},
    );
    return figuresOf(outcome, machine);
  },
  conclude: (figures) => {
    const { worst, loads } = figures as unknown as TapFigures;
    const lines = loads.map(
      ({ name, untapped, tapped, costPercent: { median, min, max } }) =>
        `  ${name.padEnd(33)} ${perSecond(untapped)} -> ${perSecond(tapped)} RPCs/s  ${median.toFixed(1).padStart(5)} %  (${min.toFixed(1)} to ${max.toFixed(1)})`,
    );
    const verdict = worst.costPercent > MOST_PERCENT ? 'more than' : 'within';
    return [
      `the taps cost ${worst.costPercent.toFixed(1)} % of the RPCs in a second at most (${worst.name}), ${verdict} ${MOST_PERCENT} %`,
      ...lines,
    ].join('\n');
  },
};

interface TapFigures {
  readonly worst: { readonly name: string; readonly costPercent: number };
  readonly mostPercent: number;
  readonly loads: readonly {
    readonly name: string;
    /** RPCs in a second. */
    readonly untapped: Measured;
    readonly tapped: Measured;
    /** Of each round by itself: its two sides saw the machine in the same state. */
    readonly costPercent: Measured;
    readonly decodeMicrosecondsPerRpc: number;
  }[];
  readonly machine: unknown;
  readonly measuredAt: string;
}

const perSecond = ({ median }: Measured): string => median.toFixed(0).padStart(5);

/** @param windows at least one */
export function figuresOf(
  windows: readonly Window[],
  machine: unknown,
): Readonly<Record<keyof TapFigures, unknown>> {
  const byLoad = Map.groupBy(windows, ({ load, transport }) => `${load}, ${transport}`);
  const loads = [...byLoad].map(([name, rounds]) => ({
    name,
    untapped: measured(rounds.map(({ rpcsPerSecond }) => rounded(rpcsPerSecond.untapped))),
    tapped: measured(rounds.map(({ rpcsPerSecond }) => rounded(rpcsPerSecond.tapped))),
    costPercent: measured(
      rounds.map(({ rpcsPerSecond: { untapped, tapped } }) => rounded((1 - tapped / untapped) * 100)),
    ),
    decodeMicrosecondsPerRpc: measured(rounds.map(({ decodeMicroseconds }) => decodeMicroseconds)).median,
  }));
  const [worst] = loads
    .map(({ name, costPercent }) => ({ name, costPercent: costPercent.median }))
    .toSorted((a, b) => b.costPercent - a.costPercent);
  return {
    worst,
    mostPercent: MOST_PERCENT,
    loads,
    machine,
    measuredAt: new Date().toISOString(),
  } satisfies Record<keyof TapFigures, unknown>;
}
