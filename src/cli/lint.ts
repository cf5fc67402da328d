import { EXIT, UsageError } from '../errors.ts';
import { applyIgnores } from '../lint/ignore.ts';
import { analyze, findIstioctl } from '../lint/istioctl.ts';
import { inOrder, lint } from '../lint/lint.ts';
import { readProtos } from '../lint/protos.ts';
import { readPaths } from '../lint/read/paths.ts';
import type { Reading, Unreadable } from '../lint/read/reading.ts';
import type { Finding } from '../lint/rule.ts';
import { RULES } from '../lint/rules/index.ts';
import { meshproofHome } from '../paths.ts';
import { countsText, findingsText } from '../report/findings-text.ts';
import { sarif } from '../report/sarif.ts';
import { findCommand } from '../toolchain/system.ts';
import { type Output, printJson } from './output.ts';
import { paint } from './screen.ts';

export interface LintOptions {
  readonly proto?: string[];
  readonly istioVersion: string;
  readonly namespace: string;
  readonly disable?: string[];
  readonly istioctl: boolean;
  readonly rules?: true;
  readonly json?: true;
  readonly sarif?: true;
}

const IDS: ReadonlySet<string> = new Set(RULES.map(({ id }) => id));

/** `meshproof lint`: what breaks gRPC in Istio configuration, without a cluster. */
export async function lintPaths(
  paths: readonly string[],
  options: LintOptions,
  ownVersion: string,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  if (options.rules) return listRules(options, output);
  const disabled = checked(paths, options);
  const methods = options.proto ? await readProtos(options.proto) : undefined;
  const surroundings = {
    istioVersion: options.istioVersion,
    namespace: options.namespace,
    istioNamespace: 'istio-system',
    ...(methods ? { methods } : {}),
  };
  const reading = await readPaths(paths, process.stdin, (await findCommand('kubectl')) !== undefined);
  const own = reading.sets.flatMap((objects) => lint(objects, surroundings, disabled));
  const istios = options.istioctl
    ? await askIstioctl(reading, options.namespace, output, signal)
    : noAnswer();
  const all = inOrder([...own, ...istios.findings.filter(({ rule }) => !disabled.has(rule))]);
  const { kept, ignored, notes } = applyIgnores(all, reading.sources, IDS);
  const result = {
    ...reading,
    findings: kept,
    ignored,
    notes: [...reading.notes, ...istios.notes, ...notes],
  };
  for (const note of result.notes) output.err.write(`${paint(output.err, 'yellow', '•')} ${note}\n`);
  print(result, options, ownVersion, output);
  for (const each of unreadable(reading)) {
    output.err.write(`${paint(output.err, 'red', 'meshproof:')} ${placed(each)} ${each.message}\n`);
    if (each.hint !== '') output.err.write(`  ${each.hint}\n`);
  }
  if (unreadable(reading).length > 0) return EXIT.couldNotRun;
  return kept.some(({ severity }) => severity !== 'note') ? EXIT.notConformant : EXIT.conformant;
}

/** @returns the rules that are switched off @throws UsageError for a rule that there is not, or nothing to read */
function checked(paths: readonly string[], { disable = [], json, sarif: asSarif }: LintOptions): Set<string> {
  if (paths.length === 0) {
    throw new UsageError('there is nothing to lint', {
      hint: 'Give files, folders, or - for standard input.',
    });
  }
  if (json && asSarif)
    throw new UsageError('--json and --sarif cannot both be printed', { hint: 'Choose one.' });
  for (const id of disable) {
    if (IDS.has(id) || id.startsWith('istioctl/')) continue;
    throw new UsageError(`there is no rule ${id}`, { hint: 'meshproof lint --rules lists them.' });
  }
  return new Set(disable);
}

const noAnswer = () => ({ findings: [] as Finding[], notes: [] as string[] });

async function askIstioctl(reading: Reading, namespace: string, output: Output, signal: AbortSignal) {
  const answer = noAnswer();
  const istioctl = await findIstioctl(meshproofHome(), output.progress, signal);
  if (istioctl === undefined) {
    answer.notes.push('istioctl is neither in the cache nor on the PATH, so istioctl analyze was left out');
    return answer;
  }
  for (const objects of reading.sets) {
    if (objects.length === 0) continue;
    const { findings, notes } = await analyze(istioctl, objects, namespace, signal);
    answer.findings.push(...findings);
    answer.notes.push(...notes);
  }
  return answer;
}

/** What could not be read; no object at all is a mistake in the paths. */
function unreadable({ sets, unreadable: found }: Reading): readonly Unreadable[] {
  if (found.length > 0 || sets.some((objects) => objects.length > 0)) return found;
  return [
    {
      file: '',
      message: 'there is no Kubernetes object in what was given',
      hint: 'Give YAML or JSON with apiVersion and kind.',
    },
  ];
}

const placed = ({ file, line, column }: Unreadable) =>
  line === undefined ? (file === '' ? '' : `${file}:`) : `${file}:${line}:${column ?? 1}:`;

interface Result extends Reading {
  readonly findings: readonly Finding[];
  readonly ignored: number;
}

function print(result: Result, options: LintOptions, ownVersion: string, output: Output): void {
  const { findings, sets, ignored, notes } = result;
  const objects = sets.reduce((count, set) => count + set.length, 0);
  if (options.sarif) {
    printJson(output, sarif(findings, RULES, ownVersion));
  } else if (options.json) {
    printJson(output, { findings, objects, ignored, notes, unreadable: unreadable(result) });
  } else {
    const { out } = output;
    out.write(findingsText(findings, result.sources, out.colour));
    const also = ignored === 0 ? '' : `, ${ignored} ignored by comments`;
    out.write(`${countsText(findings)} in ${objects} ${objects === 1 ? 'object' : 'objects'}${also}\n`);
  }
}

function listRules(options: LintOptions, output: Output): number {
  if (options.json) {
    printJson(
      output,
      RULES.map(({ id, severity, title, why, fix, links }) => ({ id, severity, title, why, fix, links })),
    );
    return EXIT.conformant;
  }
  const width = Math.max(...RULES.map(({ id }) => id.length));
  for (const { id, severity, title } of RULES) {
    output.out.write(`${id.padEnd(width)}  ${severity.padEnd('warning'.length)}  ${title}\n`);
  }
  return EXIT.conformant;
}
