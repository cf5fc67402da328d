import type { EnvironmentKind } from '../environments/environment.ts';
import { sweepClusters } from '../environments/kind/leftovers.ts';
import { listMeshes, removeMesh, sweepMeshes } from '../environments/local/registry.ts';
import { EXIT, UsageError } from '../errors.ts';
import { meshproofHome } from '../paths.ts';
import { type ClusterFlags, clusterOptionsOf } from './cluster-options.ts';
import { type Output, printJson } from './output.ts';

export interface DownOptions extends ClusterFlags {
  readonly env?: EnvironmentKind;
  readonly name: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** `meshproof down`: ends one mesh, or all. */
export async function down(
  options: DownOptions,
  output: Output,
  { signal }: AbortController,
): Promise<number> {
  const cluster = clusterOptionsOf(options.env, options);
  if (cluster !== undefined) {
    const { clusterDown } = await import('./cluster-claims.ts');
    return clusterDown(cluster, options.json === true, output, signal);
  }
  const home = meshproofHome();
  const swept = await sweepMeshes(home);
  const running = (await listMeshes(home)).map(({ entry }) => entry.name);
  const wanted = options.all === true ? running : running.filter((name) => name === options.name);
  if (options.all !== true && wanted.length === 0 && !swept.includes(options.name)) {
    throw new UsageError(`no local mesh named "${options.name}" is running`, {
      hint: running.length > 0 ? `Running: ${running.join(', ')}.` : 'None is running.',
    });
  }
  for (const name of wanted) {
    const activity = output.progress.begin(`Ending the mesh "${name}"`);
    await removeMesh(home, name);
    activity.done();
  }
  const clusters = options.all === true ? await sweepClusters() : [];
  if (options.json === true) printJson(output, { removed: [...swept, ...wanted, ...clusters] });
  return EXIT.conformant;
}
