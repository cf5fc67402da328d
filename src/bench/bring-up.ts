import { environmentOptions } from '../cli/mesh-options.ts';
import { sweepMeshes } from '../environments/local/registry.ts';
import type { PreparedEnvironment } from '../environments/options.ts';
import { prepareEnvironment } from '../environments/prepare.ts';
import { selectEnvironment } from '../environments/select.ts';
import { meshproofHome } from '../paths.ts';
import type { StepTiming } from '../progress.ts';
import type { Bench, BenchContext } from './bench.ts';
import { machineFacts } from './machine.ts';
import { measured, rounded } from './statistics.ts';

const SIDES = ['local', 'kind'] as const;
type Side = (typeof SIDES)[number];

/** One mesh that came up. */
interface Round {
  readonly seconds: number;
  readonly steps: readonly StepTiming[];
}

/**
 * From nothing running to the first good RPC through the ingress gateway, over TLS and h2c: the local environment
 * against kind with Istio, from the same built images, in turns. What is made once (the toolchain, the images) is
 * there beforehand and not counted.
 */
export const bringUp: Bench = {
  name: 'bring-up',
  key: 'bringUp',
  description: 'a mesh of each environment, from nothing to the first good RPC through its gateway',
  rounds: 3,
  measure: async (context) => {
    selectEnvironment('local');
    await sweepMeshes(meshproofHome());
    const sides = {
      local: await prepareEnvironment(wanted('local', context)),
      kind: await prepareEnvironment(wanted('kind', context)),
    };
    const machine = machineFacts();
    const taken: Record<Side, Round[]> = { local: [], kind: [] };
    for (let round = 1; round <= context.rounds; round += 1) {
      // Whoever comes second finds a warmer page cache, so the sides begin in turns, too.
      const order = round % 2 === 1 ? SIDES : SIDES.toReversed();
      for (const side of order) {
        context.output.progress.note(`round ${round} of ${context.rounds}: ${side}`);
        taken[side].push(await bringUpOnce(sides[side], context));
      }
    }
    return figuresOf(taken, machine);
  },
  conclude: ({ local, kind, ratio }) =>
    `local ${String(local)} s, kind ${String(kind)} s: kind takes ${String(ratio)} times as long`,
};

/** The medians by side in seconds, and what they are made of. */
export function figuresOf(
  taken: Readonly<Record<Side, readonly Round[]>>,
  machine: unknown,
): Readonly<Record<string, unknown>> {
  const seconds = (side: Side) => measured(taken[side].map((round) => round.seconds));
  const [local, kind] = [seconds('local'), seconds('kind')];
  return {
    local: local.median,
    kind: kind.median,
    ratio: rounded(kind.median / local.median),
    spread: { local, kind },
    steps: { local: stepsOf(taken.local), kind: stepsOf(taken.kind) },
    machine,
    measuredAt: new Date().toISOString(),
  };
}

/** Median seconds of each step. Steps overlap. */
function stepsOf(rounds: readonly Round[]): Record<string, number> {
  const steps = Map.groupBy(
    rounds.flatMap((round) => round.steps),
    ({ title }) => title,
  );
  return Object.fromEntries(
    [...steps].map(([title, timings]) => [title, measured(timings.map(({ seconds }) => seconds)).median]),
  );
}

function wanted(kind: Side, { output, controller }: BenchContext): Parameters<typeof prepareEnvironment>[0] {
  const what = { kind, home: meshproofHome(), name: `bench-${kind}`, withDefaultRoutes: true };
  return environmentOptions({ images: 'built' }, what, output, controller);
}

async function bringUpOnce(prepared: PreparedEnvironment, { controller }: BenchContext): Promise<Round> {
  controller.signal.throwIfAborted();
  const started = performance.now();
  const mesh = await prepared.start();
  const seconds = rounded((performance.now() - started) / 1000);
  const { steps } = mesh.environment;
  await mesh.remove();
  return { seconds, steps };
}
