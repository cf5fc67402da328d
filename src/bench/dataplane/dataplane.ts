import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import { measureInOwnMesh } from '../own-mesh.ts';
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
    const { outcome, environment, machine } = await measureInOwnMesh<DataplaneRequest, Sample[]>(
      context,
      'bench-dataplane',
      'src/bench/dataplane/inside.ts',
      { seconds: 5, warmUpSeconds: 2 },
    );
    const figures = {
      ...figuresOf(outcome),
      versions: environment.versions,
      dataPlane: environment.dataPlane.note,
      machine,
      measuredAt: new Date().toISOString(),
    };
    await writeFile(join(context.folder, PICTURE), plotOf(figures.ways));
    return figures;
  },
  conclude: ({ ratios }) => `latency (p50) against direct: ${JSON.stringify(ratios)}`,
};
