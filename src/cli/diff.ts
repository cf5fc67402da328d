import { EXIT } from '../errors.ts';
import { type ReportDiff, compareReports } from '../report/diff/compare.ts';
import { diffMarkdown } from '../report/diff/markdown.ts';
import { diffText } from '../report/diff/text.ts';
import { readReport } from '../report/write.ts';
import { type Output, printJson } from './output.ts';

export interface DiffOptions {
  readonly strict?: boolean;
  readonly json?: boolean;
  readonly markdown?: boolean;
}

/** `meshproof diff`: exit 0 without regressions, 1 with, and 2 when a report cannot be read. */
export async function diff(files: [string, string], options: DiffOptions, output: Output): Promise<number> {
  const [before, after] = await Promise.all([readReport(files[0]), readReport(files[1])]);
  const found: ReportDiff = compareReports(before, after, options.strict === true);
  const sides = { before, after };
  if (options.json === true) printJson(output, found);
  else if (options.markdown === true) output.out.write(diffMarkdown(found, sides));
  else output.out.write(diffText(found, sides, output.out.colour));
  return found.regressed ? EXIT.notConformant : EXIT.conformant;
}
