import { chooseDaemon } from '../environments/kind/docker.ts';
import { EXIT } from '../errors.ts';
import { meshproofHome } from '../paths.ts';
import { builtImages } from '../toolchain/toolchain.ts';
import { type Output, printJson } from './output.ts';
import { paint } from './screen.ts';

export interface ImagesOptions {
  readonly env?: 'local' | 'kind';
  readonly json?: boolean;
}

const MIB = 2 ** 20;

/** `meshproof images build` and `meshproof images list`. */
export async function images(
  options: ImagesOptions,
  make: boolean,
  output: Output,
  { signal }: AbortController,
): Promise<number> {
  const environments = options.env === undefined ? (['local', 'kind'] as const) : [options.env];
  // Images can be made, and carried elsewhere, where no Docker daemon can be had.
  const daemon = environments.includes('kind') ? await chooseDaemon().catch(() => undefined) : undefined;
  const found = await builtImages(environments, {
    home: meshproofHome(),
    progress: output.progress,
    signal,
    ownDocker: daemon === 'own',
    make,
  });
  if (options.json === true) {
    printJson(output, found);
    return EXIT.conformant;
  }
  const { out } = output;
  const width = Math.max(...found.map(({ ref }) => ref.length));
  for (const { ref, made } of found) {
    const facts =
      made === null
        ? paint(out, 'dim', 'not made yet')
        : `${made.digest}  ${(made.bytes / MIB).toFixed(1).padStart(7)} MiB`;
    out.write(`${ref.padEnd(width)}  ${facts}\n`);
  }
  const missing = found.filter(({ made }) => made === null).length;
  const total = found.reduce((bytes, { made }) => bytes + (made?.bytes ?? 0), 0);
  out.write(
    `${found.length} images, ${(total / MIB).toFixed(0)} MiB of archives${missing === 0 ? '' : `; ${missing} not made yet`}\n`,
  );
  return EXIT.conformant;
}
