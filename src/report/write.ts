import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, SetupError, UsageError } from '../errors.ts';
import { htmlReport } from './html.ts';
import { junitXml } from './junit.ts';
import { markdownReport } from './markdown/report.ts';
import { reportSchema, SCHEMA_VERSION } from './schema.ts';
import type { Report } from './schema.ts';

/** Where the reports of a run stand. */
export interface ReportFiles {
  readonly json: string;
  readonly junit: string;
  readonly html: string;
  readonly markdown: string;
}

/** Writing takes milliseconds: a temporary file older than this belongs to a writer that was killed, in ms. */
const ABANDONED_AFTER = 60_000;

/** How much is said of a file that is no report at all. */
const SHOWN_PROBLEMS = 10;

/**
 * Writes report.json, junit.xml, report.md and report.html into `folder`, which is created. A reader sees the old file or
 * the new one, never a part of one, even when the writer is killed; report.json comes last, so that it never
 * speaks of a page that is not there. Throws SetupError when the folder cannot be written.
 */
export async function writeReports(report: Report, folder: string): Promise<ReportFiles> {
  // Through the schema on the way out, too: what cannot be read back must not be written.
  const sound = reportSchema.parse(report);
  const contents = [
    ['report.html', htmlReport(sound)],
    ['junit.xml', junitXml(sound)],
    ['report.md', markdownReport(sound)],
    ['report.json', `${JSON.stringify(sound, undefined, 2)}\n`],
  ] as const;
  const mark = randomUUID();
  try {
    await mkdir(folder, { recursive: true });
    await sweepAbandoned(folder);
    try {
      for (const [name, content] of contents) await writeDurably(temporary(folder, name, mark), content);
      for (const [name] of contents) await rename(temporary(folder, name, mark), join(folder, name));
    } finally {
      for (const [name] of contents) await rm(temporary(folder, name, mark), { force: true });
    }
    await syncFolder(folder);
  } catch (error) {
    throw new SetupError(`the reports cannot be written into ${folder}: ${messageOf(error)}`, {
      hint: 'Name a folder that can be written with --out DIR, or free some space.',
      cause: error,
    });
  }
  return {
    json: join(folder, 'report.json'),
    junit: join(folder, 'junit.xml'),
    html: join(folder, 'report.html'),
    markdown: join(folder, 'report.md'),
  };
}

/** Reads a report.json. Throws UsageError naming what is wrong with it and where. */
export async function readReport(file: string): Promise<Report> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(`the report ${file} cannot be read: ${messageOf(error)}`, {
      hint: 'Name the report.json that a run wrote under its --out folder.',
      cause: error,
    });
  });
  const content = parseJson(text, file);
  const version = z.object({ schemaVersion: z.number() }).safeParse(content);
  if (version.success && version.data.schemaVersion !== SCHEMA_VERSION) {
    throw new UsageError(
      `${file} has schemaVersion ${version.data.schemaVersion}; this meshproof reads ${SCHEMA_VERSION}`,
      { hint: 'Read it with the version of meshproof that wrote it.' },
    );
  }
  const parsed = reportSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(
    ({ path, message }) => `${z.core.toDotPath(path) || '(top)'}: ${message}`,
  );
  const more = wrong.length - SHOWN_PROBLEMS;
  const shown = [...wrong.slice(0, SHOWN_PROBLEMS), ...(more > 0 ? [`and ${more} more`] : [])];
  throw new UsageError(`${file} is not a report:\n${shown.map((line) => `  ${line}`).join('\n')}`, {
    hint: 'Name the report.json that a run wrote under its --out folder.',
  });
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${messageOf(error)}`, { cause: error });
  }
}

function temporary(folder: string, name: string, mark: string): string {
  return join(folder, `.${name}.${mark}.partial`);
}

async function writeDurably(file: string, content: string): Promise<void> {
  await using handle = await open(file, 'wx');
  await handle.writeFile(content);
  await handle.sync();
}

/** Renames are on disk only once the folder is. */
async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}

async function sweepAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/^\.(report\.json|report\.html|report\.md|junit\.xml)\.[\da-f-]+\.partial$/.test(name)) continue;
    const file = join(folder, name);
    // Gone meanwhile means that its writer was alive after all, and has renamed it.
    const written = await stat(file).catch(() => undefined);
    if (written !== undefined && Date.now() - written.mtimeMs > ABANDONED_AFTER)
      await rm(file, { force: true });
  }
}
