import { stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { checkFolder, unpackBundle } from '../report/bundle/open.ts';
import { summary } from '../report/summary.ts';
import { readReport, writeReports } from '../report/write.ts';
import { type Output, printJson } from './output.ts';
import { VERDICT_EXIT } from './verdict-exit.ts';

export interface ReportOptions {
  readonly out?: string;
  readonly json?: boolean;
}

/** `meshproof report BUNDLE`: what somebody else's run found, without a cluster. The exit code is its verdict's. */
export async function report(bundle: string, options: ReportOptions, output: Output): Promise<number> {
  const folder = await opened(resolve(bundle), options);
  const found = await readReport(join(folder, 'report.json'));
  const files = await writeReports(found, folder);
  if (options.json === true) printJson(output, found);
  const near = (file: string) => relative(process.cwd(), file) || file;
  output.err.write(
    summary(found, {
      colour: output.err.colour,
      width: output.err.columns,
      files: { json: near(files.json), junit: near(files.junit), html: near(files.html) },
    }),
  );
  return VERDICT_EXIT[found.verdict];
}

/** The folder with report.json in it. */
async function opened(path: string, { out }: ReportOptions): Promise<string> {
  const found = await stat(path).catch((error: unknown) => {
    throw new UsageError(`${path} cannot be read`, {
      hint: 'Name a bundle, or the folder of a run.',
      cause: error,
    });
  });
  if (found.isDirectory() || path.endsWith('.json')) {
    const folder = found.isDirectory() ? path : dirname(path);
    if (out !== undefined)
      throw new UsageError('--out says where an archive is unpacked to, and this is none', {
        hint: 'The pages are made anew where the report is.',
      });
    if (found.isDirectory()) await checkFolder(folder);
    return folder;
  }
  const into = resolve(out ?? path.replace(/(\.tgz|\.tar\.gz|)$/, (end) => (end === '' ? '.opened' : '')));
  await unpackBundle(path, into);
  return into;
}
