import { readdir, readFile } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';
import { redactText, redactValue } from '../../evidence/redact.ts';
import { htmlReport } from '../html.ts';
import { reportSchema, type Report } from '../schema.ts';

/** One file of a bundle. */
interface BundledFile {
  readonly path: string;
  readonly content: Buffer;
}

/** Which part of the results goes in. */
export interface BundleChoice {
  /** Whether the evidence and the frames of a case are wanted; default of all. */
  readonly wanted?: (caseName: string) => boolean;
  /** Cases with evidence beyond this many are left out, and that is said. */
  readonly atMost: number;
}

/** Of a log longer than this its end is kept. Bytes. */
const LONGEST_LOG = 4 * 1024 * 1024;

/** A list of what is in a bundle, and the texts themselves, without keys and tokens. */
export interface Contents {
  readonly files: readonly BundledFile[];
  readonly leftOut: readonly string[];
}

/**
 * What a bundle of these results has in it.
 *
 * @param folder of report.json
 */
export async function bundleContents(
  report: Report,
  folder: string,
  { wanted = () => true, atMost }: BundleChoice,
): Promise<Contents> {
  const clean = reportSchema.parse(redactValue(report));
  const leftOut: string[] = [];
  const chosen = report.cases.filter(({ name }) => wanted(name));
  const withEvidence = chosen.filter(({ evidence }) => evidence !== undefined);
  const left = withEvidence.length - atMost;
  if (left > 0) leftOut.push(`the evidence of ${left} further cases that failed: it is where they ran`);
  const unwanted = report.cases.filter(({ name, evidence }) => evidence !== undefined && !wanted(name));
  if (unwanted.length > 0) leftOut.push(`the evidence of ${unwanted.length} cases that were not asked for`);
  const paths = [
    ...(await filesOf(folder, 'logs')),
    ...(
      await Promise.all(withEvidence.slice(0, atMost).map(({ evidence = '' }) => filesOf(folder, evidence)))
    ).flat(),
    ...chosen.flatMap(({ frames }) => (frames === undefined ? [] : [frames.file])),
  ];
  const files: BundledFile[] = [
    { path: 'report.json', content: Buffer.from(`${JSON.stringify(clean, undefined, 2)}\n`) },
    { path: 'report.html', content: Buffer.from(htmlReport(clean)) },
  ];
  for (const path of [...new Set(paths)].toSorted()) {
    const content = await readFile(join(folder, path)).catch(() => undefined);
    if (content === undefined) {
      leftOut.push(`${path}: it is not there`);
      continue;
    }
    const cut = content.length - LONGEST_LOG;
    const isCut = cut > 0 && path.endsWith('.log');
    if (isCut) leftOut.push(`the first ${cut} bytes of ${path}`);
    const text = (isCut ? content.subarray(cut) : content).toString();
    files.push({ path, content: Buffer.from(redactFile(basename(path), text)) });
  }
  return { files, leftOut };
}

/** Every file below a folder of the results, relative to these. None when there is no such folder. */
async function filesOf(folder: string, below: string): Promise<string[]> {
  const entries = await readdir(join(folder, below), { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => posix.join(below, entry.parentPath.slice(join(folder, below).length), entry.name));
}

/** Data is redacted by its keys, too; what cannot be read as such, as the text that it is. */
function redactFile(name: string, text: string): string {
  try {
    if (name.endsWith('.json')) return `${JSON.stringify(redactValue(JSON.parse(text)), undefined, 2)}\n`;
    if (name.endsWith('.jsonl')) return text.replaceAll(/^.+$/gm, redactLine);
  } catch {
    // A file that was cut off.
  }
  return redactText(text);
}

const redactLine = (line: string): string => JSON.stringify(redactValue(JSON.parse(line)));
