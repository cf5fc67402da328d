import { runHalfInside } from '../cli/half-inside.ts';
import { environmentOptions } from '../cli/mesh-options.ts';
import type { Environment } from '../environments/environment.ts';
import { sweepMeshes } from '../environments/local/registry.ts';
import { prepareEnvironment } from '../environments/prepare.ts';
import { selectEnvironment } from '../environments/select.ts';
import { EXIT, SetupError } from '../errors.ts';
import { meshproofHome } from '../paths.ts';
import type { BenchContext } from './bench.ts';
import { machineFacts } from './machine.ts';

/** What every half of a bench inside a mesh is asked with. */
export interface BenchRequest {
  readonly environment: Environment;
  /** Folder for what the session writes. */
  readonly results: string;
  readonly rounds: number;
  readonly outcomeFile: string;
}

/** What was measured inside a mesh of the bench's own, and where. */
export interface MeasuredInside<Outcome> {
  readonly outcome: Outcome;
  readonly environment: Environment;
  /** As it was before the mesh came up. */
  readonly machine: ReturnType<typeof machineFacts>;
}

/**
 * Brings up a mesh, measures in its network, and removes it.
 *
 * @param script path, from the project's root, of what measures
 * @throws SetupError when that did not come to its end
 */
export async function measureInOwnMesh<Request extends BenchRequest, Outcome>(
  { output, controller, rounds }: BenchContext,
  name: string,
  script: string,
  more: Omit<Request, keyof BenchRequest>,
): Promise<MeasuredInside<Outcome>> {
  const kind = selectEnvironment('local');
  const home = meshproofHome();
  await sweepMeshes(home);
  const wanted = { kind, home, name, withDefaultRoutes: false };
  const prepared = await prepareEnvironment(
    environmentOptions({ images: 'built' }, wanted, output, controller),
  );
  const machine = machineFacts();
  const mesh = await prepared.start();
  try {
    const { environment, run } = mesh;
    const { signal } = controller;
    const request = { ...more, environment, results: run, rounds };
    const { code, outcome } = await runHalfInside<BenchRequest, Outcome>(
      mesh,
      run,
      [script],
      request,
      signal,
    );
    signal.throwIfAborted();
    if (code !== EXIT.conformant || outcome === undefined)
      throw new SetupError(`the half of the bench inside the mesh ended with ${code}`);
    return { outcome, environment, machine };
  } finally {
    await mesh.remove();
  }
}
