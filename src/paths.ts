import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The folder that holds package.json. */
export const PROJECT_ROOT = resolve(import.meta.dirname, '..');

/**
 * Where built binaries, images and running meshes live, outside the repository: `$MESHPROOF_HOME`, else
 * `$XDG_CACHE_HOME/meshproof`, else `~/.cache/meshproof`.
 */
export function meshproofHome(env: NodeJS.ProcessEnv = process.env): string {
  if (env.MESHPROOF_HOME) return resolve(env.MESHPROOF_HOME);
  return join(env.XDG_CACHE_HOME ? resolve(env.XDG_CACHE_HOME) : join(homedir(), '.cache'), 'meshproof');
}
