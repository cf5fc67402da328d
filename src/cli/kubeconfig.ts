import { readFile } from 'node:fs/promises';
import { findMesh } from '../environments/local/running-mesh.ts';
import { sweepMeshes } from '../environments/local/registry.ts';
import { EXIT } from '../errors.ts';
import { meshproofHome } from '../paths.ts';
import type { Output } from './output.ts';

/** `meshproof kubeconfig`. */
export async function kubeconfig(options: { name: string; json?: boolean }, output: Output): Promise<number> {
  const home = meshproofHome();
  await sweepMeshes(home);
  const { environment } = await findMesh(home, options.name);
  if (options.json === true) output.out.write(`${await readFile(environment.kubeconfig, 'utf8')}\n`);
  else output.out.write(`${environment.kubeconfig}\n`);
  return EXIT.conformant;
}
