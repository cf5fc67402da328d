import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** The folder that holds package.json. */
export const PROJECT_ROOT = resolve(import.meta.dirname, '..');

/** The folder of the packages that this project uses: its own, or that of the project it is installed in. */
export const PACKAGES = /[/\\]node_modules[/\\]/.test(PROJECT_ROOT)
  ? dirname(PROJECT_ROOT)
  : join(PROJECT_ROOT, 'node_modules');

/** How another TypeScript file of this project is run as this process is: Node, and what it was told. */
export const THIS_NODE: readonly string[] = [process.execPath, ...process.execArgv];

/**
 * Where built binaries, images and running meshes live, outside the repository: `$MESHPROOF_HOME`, else
 * `$XDG_CACHE_HOME/meshproof`, else `~/.cache/meshproof`.
 */
export function meshproofHome(env: NodeJS.ProcessEnv = process.env): string {
  if (env.MESHPROOF_HOME) return resolve(env.MESHPROOF_HOME);
  return join(env.XDG_CACHE_HOME ? resolve(env.XDG_CACHE_HOME) : join(homedir(), '.cache'), 'meshproof');
}
