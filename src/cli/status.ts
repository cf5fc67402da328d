import type { Environment, EnvironmentKind } from '../environments/environment.ts';
import { listMeshes, sweepMeshes } from '../environments/local/registry.ts';
import { EXIT } from '../errors.ts';
import { meshproofHome } from '../paths.ts';
import { type ClusterFlags, clusterOptionsOf } from './cluster-options.ts';
import { type Output, printJson } from './output.ts';

export interface StatusOptions extends ClusterFlags {
  readonly env?: EnvironmentKind;
  readonly json?: boolean;
}

/** `meshproof status`: the running meshes. */
export async function status(
  options: StatusOptions,
  output: Output,
  { signal }: AbortController,
): Promise<number> {
  const cluster = clusterOptionsOf(options.env, options);
  if (cluster !== undefined) {
    const { clusterStatus } = await import('./cluster-claims.ts');
    return clusterStatus(cluster, options.json === true, output, signal);
  }
  const home = meshproofHome();
  const swept = await sweepMeshes(home);
  const meshes = (await listMeshes(home)).map(({ entry, folder }) => {
    const environment = entry.environment as Environment | undefined;
    return {
      name: entry.name,
      phase: entry.phase,
      problem: entry.problem ?? null,
      since: entry.createdAt,
      gateway: environment?.gateway ?? null,
      caFile: environment?.caFile ?? null,
      kubeconfig: environment?.kubeconfig ?? null,
      versions: environment?.versions ?? null,
      logs: folder.logs,
    };
  });
  if (options.json === true) {
    printJson(output, { meshes, swept });
    return EXIT.conformant;
  }
  for (const name of swept) output.err.write(`Removed what a killed mesh left behind: ${name}\n`);
  if (meshes.length === 0) output.out.write('No local mesh is running. Start one with "meshproof up".\n');
  for (const mesh of meshes) {
    const address = mesh.gateway ? `gateway ${mesh.gateway.address}` : '';
    output.out.write(`${mesh.name}  ${mesh.phase}  since ${mesh.since}  ${address}\n`);
    if (mesh.problem) output.out.write(`  ${mesh.problem.split('\n')[0] ?? ''}\n`);
    output.out.write(`  logs: ${mesh.logs}\n`);
    if (mesh.caFile) output.out.write(`  test CA: ${mesh.caFile}\n`);
  }
  return EXIT.conformant;
}
