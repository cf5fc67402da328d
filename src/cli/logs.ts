import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { type EnvironmentHandle, environmentVariables } from '../environments/handle.ts';
import { findMesh } from '../environments/local/running-mesh.ts';
import { MeshFolder, sweepMeshes } from '../environments/local/registry.ts';
import { meshproofHome } from '../paths.ts';
import { runInside } from './inside.ts';

export interface LogsOptions {
  readonly name: string;
  readonly namespace: string;
  readonly follow?: boolean;
}

/** `meshproof logs`: a component's log file, else the pod's or the Deployment's log by kubectl. */
export async function logs(pod: string, options: LogsOptions): Promise<number> {
  const home = meshproofHome();
  await sweepMeshes(home);
  const mesh = await findMesh(home, options.name);
  const file = join(new MeshFolder(home, options.name).logs, `${pod}.log`);
  const isComponent = await access(file).then(
    () => true,
    () => false,
  );
  const follow = options.follow === true ? ['-f'] : [];
  if (isComponent) return runInside(mesh, ['tail', '-n', '+1', ...follow, file]);
  const namespace = ['-n', options.namespace];
  const isPod = await runInsideQuietly(mesh, ['kubectl', 'get', 'pod', ...namespace, pod]);
  const target = isPod || pod.includes('/') ? pod : `deployment/${pod}`;
  return runInside(mesh, ['kubectl', 'logs', ...namespace, '--all-containers', ...follow, target]);
}

async function runInsideQuietly(
  { environment, inside }: EnvironmentHandle,
  command: string[],
): Promise<boolean> {
  const [program = '', ...args] = inside(command);
  const result = await execa(program, args, { reject: false, env: environmentVariables(environment) });
  return !result.failed;
}
