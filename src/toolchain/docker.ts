import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { defineArtefact, type Artefact } from './artefact.ts';
import { run } from './commands.ts';
import { fetchPackages } from './debian.ts';
import { DEBIAN } from './pins.ts';

/**
 * Docker's daemon and client as a tree of Debian's packages. They are unpacked, not installed: installing would
 * start a daemon of the machine's own, which changes its firewall.
 */
export function dockerArtefact(): Artefact {
  return defineArtefact({
    name: 'docker',
    inputs: [DEBIAN.docker],
    build: async (folder, context) => {
      const { signal, logFile } = context;
      const work = join(folder, 'packages');
      const versions: Record<string, string> = {};
      for (const { file, name, version } of await fetchPackages(DEBIAN.docker, work, context)) {
        versions[name] = version;
        await run('dpkg-deb', ['--extract', file, folder], { purpose: `unpacking ${name}`, signal, logFile });
      }
      await rm(work, { recursive: true });
      for (const unused of ['etc', 'usr/share', 'var'])
        await rm(join(folder, unused), { recursive: true, force: true });
      return { packages: JSON.stringify(versions) };
    },
  });
}
