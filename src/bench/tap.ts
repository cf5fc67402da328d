import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runInside } from '../cli/inside.ts';
import { environmentOptions } from '../cli/mesh-options.ts';
import type { Transport } from '../clients/target.ts';
import type { Environment } from '../environments/environment.ts';
import type { EnvironmentHandle } from '../environments/handle.ts';
import { sweepMeshes } from '../environments/local/registry.ts';
import { prepareEnvironment } from '../environments/prepare.ts';
import { selectEnvironment } from '../environments/select.ts';
import { EXIT, SetupError } from '../errors.ts';
import { meshproofHome, PROJECT_ROOT, THIS_NODE } from '../paths.ts';
import type { Bench, BenchContext } from './bench.ts';
import { machineFacts } from './machine.ts';
import { measured, rounded, type Measured } from './statistics.ts';

/** What the half that holds the mesh hands to the one that lives in its network. */
export interface TapRequest {
  readonly environment: Environment;
  /** Folder for what the session writes. */
  readonly results: string;
  readonly rounds: number;
  /** File for the {@link Window}s. */
  readonly outcomeFile: string;
}

/** One load, once without and once with taps, one right after the other. */
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
 * taps and with them in turns. The client's tap runs in the client's process, as it does in a run; the service's in the
 * service. Client, gateway and services share the machine, so what a tap takes of it is taken from all.
 */
export const tap: Bench = {
  name: 'tap',
  key: 'tap',
  description: 'RPCs in a second through the gateway, without the frame taps and with them',
  rounds: 7,
  measure: async (context) => {
    const { output, controller } = context;
    selectEnvironment('local');
    await sweepMeshes(meshproofHome());
    const what = {
      kind: 'local',
      home: meshproofHome(),
      name: 'bench-tap',
      withDefaultRoutes: false,
    } as const;
    const prepared = await prepareEnvironment(
      environmentOptions({ images: 'built' }, what, output, controller),
    );
    const machine = machineFacts();
    const mesh = await prepared.start();
    try {
      return figuresOf(await windowsIn(mesh, context), machine);
    } finally {
      await mesh.remove();
    }
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

async function windowsIn(mesh: EnvironmentHandle, { rounds, controller }: BenchContext): Promise<Window[]> {
  const outcomeFile = join(mesh.run, 'windows.json');
  const request: TapRequest = { environment: mesh.environment, results: mesh.run, rounds, outcomeFile };
  const requestFile = join(mesh.run, 'bench.json');
  await writeFile(requestFile, JSON.stringify(request));
  const code = await runInside(mesh, [
    ...THIS_NODE,
    join(PROJECT_ROOT, 'src/bench/tap-inside.ts'),
    requestFile,
  ]);
  controller.signal.throwIfAborted();
  if (code !== EXIT.conformant) throw new SetupError('the loads were not driven to their end');
  return JSON.parse(await readFile(outcomeFile, 'utf8')) as Window[];
}
