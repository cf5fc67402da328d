import { join } from 'node:path';
import { execa } from 'execa';
import { LineCounter, parseDocument, stringify } from 'yaml';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import { Field, type LintObject, type Path } from './field.ts';
import { locator } from './read/positions.ts';
import { findPrepared } from '../toolchain/cache.ts';
import { goArtefacts } from '../toolchain/go.ts';
import { findCommand } from '../toolchain/system.ts';
import { TIMEOUTS } from '../timeouts.ts';
import type { Progress } from '../progress.ts';
import type { Finding, Severity } from './rule.ts';

/** What `istioctl analyze -o json` says, as far as it is used. */
const messages = z.array(
  z.looseObject({
    code: z.string(),
    level: z.string(),
    message: z.string(),
    documentationUrl: z.string().optional(),
    origin: z.string().optional(),
    reference: z.string().optional(),
  }),
);

/**
 * Messages that are about what istioctl cannot see here, or that it has for every EnvoyFilter, right or wrong. They
 * are notes: the files given are seldom all that a cluster has, and whether a filter's match fits is a rule's matter.
 */
const NOTES: Readonly<Record<string, string>> = {
  IST0101: 'what is referred to may be in the cluster',
  IST0102: 'the label may be set in the cluster',
  IST0127: 'the workload may be in the cluster',
  IST0132: 'the Gateway may be in the cluster',
  IST0133: 'said of every EnvoyFilter',
  IST0151: 'said of every EnvoyFilter that inserts beside another filter',
  IST0155: 'said of every EnvoyFilter that inserts beside another filter',
  IST0173: 'the pods may be in the cluster',
  IST0174: 'the Service may be in the cluster',
};

/**
 * istioctl: the toolchain's own where it is in the cache, else the one on the PATH. Nothing is built for it.
 *
 * @param home the cache's folder
 */
export async function findIstioctl(
  home: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<string | undefined> {
  const artefact = (await goArtefacts({ home, progress, signal })).of('istio');
  const prepared = await findPrepared(home, [artefact]);
  return prepared ? join(prepared.folderOf(artefact), 'istioctl') : findCommand('istioctl');
}

/** Runs `istioctl analyze` over objects. @returns its findings, and what it could not do */
export async function analyze(
  istioctl: string,
  objects: readonly LintObject[],
  namespace: string,
  signal: AbortSignal,
): Promise<{ readonly findings: Finding[]; readonly notes: string[] }> {
  const text = objects.map(({ value }) =>
    stringify(named(value, namespace), { aliasDuplicateObjects: false }),
  );
  const result = await execa(istioctl, ['analyze', '--use-kube=false', '-A', '-o', 'json', '-'], {
    input: text.join('---\n'),
    reject: false,
    timeout: TIMEOUTS.istioctlAnalyze,
    cancelSignal: signal,
  });
  try {
    const said = messages.parse(JSON.parse(result.stdout === '' ? '[]' : result.stdout));
    const places = startLines(text);
    return {
      findings: [
        ...said.map((message) => findingOf(message, objects, text, places)),
        ...refusals(result.stderr, objects),
      ],
      notes: result.timedOut ? ['istioctl analyze took too long and was ended'] : [],
    };
  } catch (error) {
    return {
      findings: [],
      notes: [`istioctl analyze gave no answer: ${messageOf(error)} ${result.stderr}`.trim()],
    };
  }
}

/** With the namespace that it would get: istioctl knows no default with all namespaces. */
function named(value: unknown, namespace: string): unknown {
  const metadata = new Field({ value }).at('metadata');
  if (metadata.at('namespace').exists || typeof value !== 'object') return value;
  return {
    ...value,
    metadata: { ...Object.fromEntries(metadata.entries.map(([key, each]) => [key, each.value])), namespace },
  };
}

/** The line at which each document begins, from 1. */
function startLines(texts: readonly string[]): number[] {
  let line = 1;
  return texts.map((text) => {
    const start = line;
    line += text.split('\n').length;
    return start;
  });
}

function findingOf(
  message: z.infer<typeof messages>[number],
  objects: readonly LintObject[],
  texts: readonly string[],
  starts: readonly number[],
): Finding {
  const line = Number(/:(\d+)$/.exec(message.reference ?? '')?.[1] ?? 0);
  const index = line === 0 ? -1 : starts.findLastIndex((start) => start <= line);
  const object = objects[index];
  const path = pathAtLine(texts[index] ?? '', line - (starts[index] ?? 0) + 1);
  const at = object && new Field(object).at(...path);
  const note = NOTES[message.code];
  return {
    rule: `istioctl/${message.code}`,
    severity: note === undefined ? severityOf(message.level) : 'note',
    title: `istioctl analyze: ${message.code}`,
    message: note === undefined ? message.message : `${message.message} (A note only: ${note}.)`,
    why: '',
    fix: '',
    links: message.documentationUrl === undefined ? [] : [message.documentationUrl.replace(/\?ref=.*$/, '')],
    object: message.origin ?? '',
    field: at?.pathText ?? '',
    ...(at?.location ? { location: at.location } : {}),
    related: [],
  };
}

const severityOf = (level: string): Severity =>
  level === 'Error' ? 'error' : level === 'Warning' ? 'warning' : 'note';

/** The innermost field that begins on a line of a YAML text. */
function pathAtLine(text: string, line: number): Path {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const locate = locator('', document, lines);
  const fields = [...new Field({ value: document.toJS() as unknown }).descendants()];
  return fields.findLast(({ path }) => locate(path).line === line)?.path ?? [];
}

/** Objects that istioctl could not read as what they say they are: the API server would refuse them. */
function refusals(stderr: string, objects: readonly LintObject[]): Finding[] {
  return [...stderr.matchAll(/^\s*\* error processing -\[(\d+)\]: (.+)$/gm)].flatMap(([, index, message]) => {
    const object = objects[Number(index)];
    // Kinds that istioctl does not know are no concern of it.
    if (!object || /unable to parse resource|no kind|failed finding schema/.test(message ?? '')) return [];
    const root = new Field(object);
    return {
      rule: 'istioctl/parse',
      severity: 'error',
      title: 'istioctl analyze: not valid for its kind',
      message: message ?? '',
      why: '',
      fix: '',
      links: [],
      object: `${root.at('kind').text ?? ''} ${root.at('metadata', 'name').text ?? ''}`,
      field: '',
      ...(root.location ? { location: root.location } : {}),
      related: [],
    };
  });
}
