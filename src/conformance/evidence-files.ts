import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import type { Evidence } from '../diagnosis/evidence.ts';
import { messageOf } from '../errors.ts';
import { redactText, redactValue } from '../evidence/redact.ts';
import type { CaseRecord } from './case-record.ts';
import { framesText } from './frames-report.ts';
import type { Mismatch } from './outcomes.ts';
import type { Session } from './session.ts';

/** What was found wrong with a case, and what explains it. */
interface Findings {
  readonly mismatches: readonly Mismatch[];
  /** All that the diagnoses go by. */
  readonly evidence: Evidence;
  readonly diagnoses: readonly Diagnosis[];
}

/**
 * Writes what every witness said about a case that failed, for the reader of the report: without keys and tokens.
 *
 * @returns the folder, relative to the results
 */
export async function writeEvidence(
  caseName: string,
  record: CaseRecord,
  { mismatches, evidence, diagnoses }: Findings,
  session: Pick<Session, 'results' | 'configDump' | 'podLogs'>,
): Promise<string> {
  const folder = posix.join('evidence', caseName);
  const absolute = join(session.results, folder);
  await rm(absolute, { recursive: true, force: true });
  await mkdir(absolute, { recursive: true });
  const logged = record.calls.flatMap(({ preflights = [], gateway }) => [...preflights, ...gateway]);
  const lines = logged.map((line) => `${JSON.stringify(redactValue(line))}\n`);
  const files: Readonly<Record<string, string>> = {
    'mismatches.json': json(mismatches),
    'diagnoses.json': json(diagnoses),
    'evidence.json': json(evidence),
    'client.json': json(record.calls.map(({ client }) => client)),
    'ledger.json': json(record.calls.flatMap(({ ledger }) => ledger)),
    'access-log.jsonl': lines.join(''),
    ...(record.frames === undefined
      ? {}
      : { 'frames.json': json(record.frames), 'frames.txt': redactText(framesText(record)) }),
    'configuration.json': json({ admission: record.admission, answers: record.configuration }),
    // The mesh may be what failed: its evidence is then why it could not be had.
    'config_dump.json': await session.configDump
      .text()
      .then((text) => json(JSON.parse(text)))
      .catch((error: unknown) => json({ error: messageOf(error) })),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(absolute, name), text);
  const logs = await session.podLogs().catch((error: unknown) => ({ 'not-to-be-had': messageOf(error) }));
  await mkdir(join(absolute, 'pod-logs'));
  for (const [name, text] of Object.entries(logs)) {
    await writeFile(join(absolute, 'pod-logs', `${name}.log`), redactText(text));
  }
  return folder;
}

/** Keeps the record of a case that passed: the tests change each judged field of it and demand that this is seen. */
export async function keepRecord(
  caseName: string,
  record: CaseRecord,
  session: Pick<Session, 'results'>,
): Promise<void> {
  const file = join(session.results, 'records', `${caseName}.json`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(record, null, 2)}\n`);
}

/**
 * Keeps the timelines of a case that ran through taps.
 *
 * @returns the file, relative to the results
 */
export async function keepFrames(
  caseName: string,
  record: CaseRecord,
  session: Pick<Session, 'results'>,
): Promise<string> {
  const file = posix.join('frames', `${caseName}.txt`);
  await mkdir(dirname(join(session.results, file)), { recursive: true });
  await writeFile(join(session.results, file), redactText(framesText(record)));
  return file;
}

const json = (value: unknown): string => `${JSON.stringify(redactValue(value), null, 2)}\n`;
