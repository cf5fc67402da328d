import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The folder that holds package.json. */
export const PROJECT_ROOT = resolve(import.meta.dirname, '..');

const IS_DEPENDENCY = /[/\\]node_modules[/\\]/.test(PROJECT_ROOT);

/** The folder of the packages that this project uses: its own, or that of the project it is installed in. */
export const PACKAGES = IS_DEPENDENCY ? dirname(PROJECT_ROOT) : join(PROJECT_ROOT, 'node_modules');

/** How another TypeScript file of this project is run as this process is: Node, and what it was told. */
export const THIS_NODE: readonly string[] = [process.execPath, ...process.execArgv];

/** What Node is told so that it can run this project's TypeScript, which Node by itself does not below node_modules. */
export const TYPESCRIPT_ARGUMENTS: readonly string[] = IS_DEPENDENCY
  ? [
      '--disable-warning=ExperimentalWarning',
      '--import',
      pathToFileURL(join(PROJECT_ROOT, 'scripts/strip-types.js')).href,
    ]
  : [];

/**
 * Where built binaries, images and running meshes live, outside the repository: `$MESHPROOF_HOME`, else
 * `$XDG_CACHE_HOME/meshproof`, else `~/.cache/meshproof`.
 */
export function meshproofHome(env: NodeJS.ProcessEnv = process.env): string {
  if (env.MESHPROOF_HOME) return resolve(env.MESHPROOF_HOME);
  return join(env.XDG_CACHE_HOME ? resolve(env.XDG_CACHE_HOME) : join(homedir(), '.cache'), 'meshproof');
}
