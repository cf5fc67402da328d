import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runInside } from '../../cli/inside.ts';
import { environmentOptions } from '../../cli/mesh-options.ts';
import { sweepMeshes } from '../../environments/local/registry.ts';
import { prepareEnvironment } from '../../environments/prepare.ts';
import { selectEnvironment } from '../../environments/select.ts';
import { EXIT, SetupError } from '../../errors.ts';
import { PROJECT_ROOT, THIS_NODE, meshproofHome } from '../../paths.ts';
import type { Bench, BenchContext } from '../bench.ts';
import { machineFacts } from '../machine.ts';
import { figuresOf } from './figures.ts';
import type { DataplaneRequest } from './inside.ts';
import { plotOf } from './plot.ts';
import type { Sample } from './ways.ts';

/** Where the picture goes, beside the results. */
const PICTURE = 'dataplane.svg';

/**
 * The same RPC on four ways in one mesh, in turns: latency at fixed rates, CPU time and memory of every process on the
 * way, and the first RPC of a fresh channel.
 */
export const dataplane: Bench = {
  name: 'dataplane',
  key: 'dataplane',
  description: 'direct, without proxies, sidecar to sidecar and through the ingress, side by side',
  rounds: 3,
  measure: async (context) => {
    selectEnvironment('local');
    await sweepMeshes(meshproofHome());
    const machine = machineFacts();
    const { samples, versions, dataPlane } = await measureInside(context);
    const figures = {
      ...figuresOf(samples),
      versions,
      dataPlane,
      machine,
      measuredAt: new Date().toISOString(),
    };
    await writeFile(join(context.folder, PICTURE), plotOf(figures.ways));
    return figures;
  },
  conclude: ({ ratios }) => `latency (p50) against direct: ${JSON.stringify(ratios)}`,
};

async function measureInside({ output, controller, rounds }: BenchContext) {
  const what = {
    kind: 'local',
    home: meshproofHome(),
    name: 'bench-dataplane',
    withDefaultRoutes: false,
  } as const;
  const prepared = await prepareEnvironment(
    environmentOptions({ images: 'built' }, what, output, controller),
  );
  const mesh = await prepared.start();
  try {
    const { environment } = mesh;
    const outcomeFile = join(mesh.run, 'dataplane.json');
    const request: DataplaneRequest = {
      environment,
      results: mesh.run,
      rounds,
      seconds: 5,
      warmUpSeconds: 2,
      outcomeFile,
    };
    const requestFile = join(mesh.run, 'dataplane-request.json');
    await writeFile(requestFile, JSON.stringify(request));
    const inside = join(PROJECT_ROOT, 'src/bench/dataplane/inside.ts');
    const code = await runInside(mesh, [...THIS_NODE, inside, requestFile]);
    controller.signal.throwIfAborted();
    if (code !== EXIT.conformant)
      throw new SetupError(`the half of the bench inside the mesh ended with ${code}`);
    const samples = JSON.parse(await readFile(outcomeFile, 'utf8')) as Sample[];
    return { samples, versions: environment.versions, dataPlane: environment.dataPlane.note };
  } finally {
    await mesh.remove();
  }
}
