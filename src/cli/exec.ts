import { findMesh } from '../environments/local/running-mesh.ts';
import { sweepMeshes } from '../environments/local/registry.ts';
import { meshproofHome } from '../paths.ts';
import { runInside } from './inside.ts';

/** `meshproof exec -- CMD`. */
export async function exec(command: string[], options: { name: string }): Promise<number> {
  const home = meshproofHome();
  await sweepMeshes(home);
  return runInside(await findMesh(home, options.name), command);
}
