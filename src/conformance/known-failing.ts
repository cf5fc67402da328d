import { parseDocument } from 'yaml';
import { z } from 'zod';
import type { EnvironmentKind } from '../environments/environment.ts';
import { UsageError } from '../errors.ts';
import type { Case } from './model.ts';
import { matcherOf } from './patterns.ts';
import type { CaseResult } from './result.ts';
import { parseVersionRange } from './version-range.ts';

const range = z
  .string()
  .refine((text) => parseVersionRange(text) !== undefined, 'is no range of versions, such as ">=1.29 <1.31"');
const environment = z.enum(['local', 'kind', 'cluster']) satisfies z.ZodType<EnvironmentKind>;

const entrySchema = z.strictObject({
  pattern: z.string().min(1),
  because: z.string().trim().min(1, 'must say why: the address of an issue, or a reason'),
  istio: range.exactOptional(),
  envoy: range.exactOptional(),
  environment: z.union([environment, z.array(environment).min(1)]).exactOptional(),
});

/** Cases that are known to fail on some versions: they still run, and must fail. Plain data. */
export type KnownFailing = z.infer<typeof entrySchema>;

/** What an entry is held against. Versions are those that the running parts report. */
export interface RunningOn {
  readonly environment: EnvironmentKind;
  readonly istio: string;
  readonly envoy: string;
}

/**
 * Reads a list of cases that are known to fail. Every entry must be sound and name a case, whatever versions it is
 * for: a list that has come apart from the suites would hide new failures, or promise what nobody checks.
 *
 * @param source how errors name the text
 * @param all every case there is, chosen for this run or not
 * @throws UsageError when the list is none, or a pattern matches no case
 */
export function parseKnownFailing(text: string, source: string, all: readonly Case[]): KnownFailing[] {
  const document = parseDocument(text);
  const [problem] = document.errors;
  if (problem) throw new UsageError(`${source} is not valid YAML: ${problem.message}`);
  return checkKnownFailing(document.toJS() ?? [], source, all);
}

/**
 * The same for a list that is a value already.
 *
 * @throws UsageError when it is none, or a pattern matches no case
 */
export function checkKnownFailing(value: unknown, source: string, all: readonly Case[]): KnownFailing[] {
  const parsed = z.array(entrySchema).safeParse(value);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => `  ${z.core.toDotPath(path)}: ${message}`);
    throw new UsageError(`${source} is no list of cases that are known to fail:\n${wrong.join('\n')}`, {
      hint: 'Each entry has pattern and because, and may have istio, envoy and environment: see docs/ci.md.',
    });
  }
  for (const { pattern } of parsed.data) {
    if (!all.some(matcherOf(pattern)))
      throw new UsageError(`${source}: no case matches ${JSON.stringify(pattern)}`, {
        hint: 'Take the entry off the list, or correct it; "meshproof list" names the cases.',
      });
  }
  return parsed.data;
}

/**
 * What became of a case, in the light of the list: one that is listed for what it ran on and failed is
 * `known-failing`, one that is listed and passed is `unexpectedly-passed`, both with the list's reason. What was
 * skipped or could not run stays so: neither proves anything about it.
 */
export function inTheLightOf(
  list: readonly KnownFailing[],
  on: RunningOn,
): (result: CaseResult) => CaseResult {
  const entries = list
    .filter((entry) => appliesTo(entry, on))
    .map(({ pattern, because }) => ({ because, matches: matcherOf(pattern) }));
  return (result) => {
    const entry = entries.find(({ matches }) => matches(result));
    if (entry === undefined) return result;
    const { because: reason } = entry;
    if (result.outcome === 'failed') return { ...result, outcome: 'known-failing', reason };
    if (result.outcome === 'passed') return { ...result, outcome: 'unexpectedly-passed', reason };
    return result;
  };
}

function appliesTo(entry: KnownFailing, on: RunningOn): boolean {
  const within = (wanted: string | undefined, version: string) =>
    wanted === undefined || parseVersionRange(wanted)?.includes(version) === true;
  const kinds = entry.environment === undefined ? [on.environment] : [entry.environment].flat();
  return within(entry.istio, on.istio) && within(entry.envoy, on.envoy) && kinds.includes(on.environment);
}
