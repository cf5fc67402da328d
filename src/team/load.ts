import { access } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { UsageError } from '../errors.ts';
import { PROJECT_ROOT } from '../paths.ts';
import { checkConfig } from './schema.ts';
import type { TeamConfig } from './config.ts';

/** The file that is taken when none is named and the working directory has it. */
export const DEFAULT_CONFIG = 'meshproof.config.ts';

/** A configuration and the absolute path of the file it stands in. */
export interface LoadedConfig {
  readonly file: string;
  readonly config: TeamConfig;
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/**
 * The absolute path of the file that is named, else of the one in the working directory; undefined where there is none.
 *
 * @throws UsageError when the named file is not there
 */
export async function findConfig(
  named: string | undefined,
  cwd = process.cwd(),
): Promise<string | undefined> {
  const file = resolve(cwd, named ?? DEFAULT_CONFIG);
  if (await exists(file)) return file;
  if (named === undefined) return undefined;
  throw new UsageError(`the configuration ${named} is not there`, {
    hint: '"meshproof init" writes one to begin with.',
  });
}

/**
 * Reads a team's configuration. It is run as it stands, by Node, which strips the types; `meshproof` means this very
 * harness wherever the file lies, so that nothing has to be installed beside it.
 *
 * @param file absolute
 * @throws UsageError when it cannot be run, or is no configuration, with the place
 */
export async function loadConfig(file: string): Promise<LoadedConfig> {
  const own = pathToFileURL(join(PROJECT_ROOT, 'src', 'index.ts')).href;
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'meshproof' ? { url: own, shortCircuit: true } : next(specifier, context),
  });
  const shown = relative(process.cwd(), file) || file;
  try {
    const module = (await import(pathToFileURL(file).href)) as { default?: unknown };
    if (module.default === undefined) {
      throw new UsageError(`${shown} has no default export`, {
        hint: 'It must end in: export default defineConfig({ ... });',
      });
    }
    return { file, config: checkConfig(module.default, shown) };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${shown} cannot be run: ${saidBy(error, file)}`, {
      hint: 'Node runs the file as it stands and only strips types: no enums, no namespaces, imports with their extension.',
    });
  } finally {
    hooks.deregister();
  }
}

/** The error's text, and the line of the team's own files that it comes from. */
function saidBy(error: unknown, file: string): string {
  if (!(error instanceof Error)) return String(error);
  const lines = (error.stack ?? '').split('\n');
  const own = lines.find((line) => line.includes(pathToFileURL(file).href) || line.includes(file));
  const place = /(?:file:\/\/)?(\/[^\s()]+?:\d+)/.exec(own ?? '')?.[1];
  const shown = place === undefined ? '' : ` (${relative(process.cwd(), toPath(place))})`;
  return `${error.message.split('\n')[0] ?? ''}${shown}`;
}

const toPath = (place: string): string => {
  const [, path = place, line = ''] = /^(.*)(:\d+)$/.exec(place) ?? [];
  return `${path.includes('%') ? fileURLToPath(`file://${path}`) : path}${line}`;
};
