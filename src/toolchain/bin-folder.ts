import { mkdir, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { SetupError } from '../errors.ts';
import { defineArtefact, type Artefact, type BuildContext } from './artefact.ts';
import { run } from './commands.ts';

/** Subfolder of the binaries' folder that has the CNI plugins. */
export const CNI = 'cni';

/** Binaries that one artefact has, to be found in the common folder. */
interface Commands {
  readonly artefact: Artefact;
  readonly names: readonly string[];
  /** The subfolder of the common folder, where they do not stand in it directly. */
  readonly subfolder?: typeof CNI;
}

/**
 * One folder with a link to every binary. The links are relative, so that a cache may be moved, save one to the
 * system's own runc where no artefact brings one.
 */
export function binFolder(commands: readonly Commands[], systemRunc?: string): Artefact {
  return defineArtefact({
    name: 'bin',
    inputs: [commands.map(({ names, subfolder }) => [names, subfolder ?? '']), systemRunc ?? ''],
    dependsOn: commands.map(({ artefact }) => artefact),
    build: async (folder, context) => {
      await mkdir(join(folder, CNI));
      await link(commands, folder, context);
      const runc = join(folder, 'runc');
      if (systemRunc !== undefined) await symlink(systemRunc, runc);
      const said = await run(runc, ['--version'], {
        purpose: 'asking runc for its version',
        signal: context.signal,
      });
      const version = /runc version (\S+)/.exec(said)?.[1];
      if (version === undefined) throw new SetupError(`runc does not say its version; it printed: ${said}`);
      return { runc: version };
    },
  });
}

/** The same for the commands that only drive a cluster: no node's components among them, and no runc. */
export function clientFolder(commands: readonly Commands[]): Artefact {
  return defineArtefact({
    name: 'clients',
    inputs: [commands.map(({ names }) => names)],
    dependsOn: commands.map(({ artefact }) => artefact),
    build: async (folder, context) => {
      await link(commands, folder, context);
      return {};
    },
  });
}

async function link(commands: readonly Commands[], folder: string, context: BuildContext): Promise<void> {
  for (const { artefact, names, subfolder = '' } of commands) {
    const up = subfolder === '' ? '..' : join('..', '..');
    const from = join(up, basename(context.folderOf(artefact)));
    for (const name of names) await symlink(join(from, name), join(folder, subfolder, name));
  }
}
