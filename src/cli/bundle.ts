import { join, relative, resolve } from 'node:path';
import { EXIT, UsageError } from '../errors.ts';
import { select } from '../conformance/patterns.ts';
import { packBundle } from '../report/bundle/pack.ts';
import { readReport } from '../report/write.ts';
import { type Output, printJson } from './output.ts';

export interface BundleOptions {
  readonly only?: string[];
  readonly out?: string;
  readonly json?: boolean;
}

/** `meshproof bundle [FOLDER]`: the results of a run in one file, for somebody else. */
export async function bundle(
  results: string,
  options: BundleOptions,
  version: string,
  output: Output,
): Promise<number> {
  const folder = resolve(results);
  const report = await readReport(join(folder, 'report.json'));
  const chosen =
    options.only === undefined
      ? undefined
      : new Set(select(report.cases, options.only).map(({ name }) => name));
  if (chosen?.size === 0) throw new UsageError('no case of this report is chosen');
  const to = resolve(options.out ?? join(folder, 'bundle.tgz'));
  const made = await packBundle(
    report,
    folder,
    to,
    { atMost: Infinity, ...(chosen && { wanted: (name) => chosen.has(name) }) },
    version,
  );
  if (options.json === true) printJson(output, made);
  else {
    output.out.write(`${relative(process.cwd(), made.file) || made.file}: ${made.files} files\n`);
    for (const each of made.leftOut) output.out.write(`  left out: ${each}\n`);
    output.out.write(`Open it with: meshproof report ${relative(process.cwd(), made.file) || made.file}\n`);
  }
  return EXIT.conformant;
}
