import { isMap, LineCounter, parseAllDocuments, visit, type Document, type Node } from 'yaml';
import { messageOf } from '../../errors.ts';
import type { LintObject } from '../field.ts';
import { locator } from './positions.ts';
import type { Collector, Source } from './reading.ts';

const RENDER_FIRST = 'Render it first, for instance: helm template . | meshproof lint -';

/** One document of a file, parsed, whether or not it is a Kubernetes object. */
interface ParsedDocument {
  readonly value: unknown;
  readonly locate: NonNullable<LintObject['locate']>;
}

/** More uses of anchors than people write; a few lines could else grow to gigabytes. */
const MAX_ALIASES = 1000;

/**
 * The documents of a text, YAML or JSON. What cannot be read is told to the collector: the rest of a file with an
 * error in it may mean anything.
 */
export function parseDocuments(source: Source, collector: Collector): ParsedDocument[] {
  const lines = new LineCounter();
  const templated = source.text.includes('{{');
  const parsed: ParsedDocument[] = [];
  for (const document of parseAllDocuments(source.text, { lineCounter: lines, merge: true })) {
    const content = contentOf(document, templated);
    if ('message' in content) {
      const { line, col } = lines.linePos(content.offset);
      const [message, hint] = templated
        ? ['this is a Helm template, not YAML', RENDER_FIRST]
        : [`this is not valid YAML: ${content.message}`, 'Correct it and run again.'];
      collector.unreadable.push({ file: source.name, line, column: col, message, hint });
      return [];
    }
    parsed.push({ value: content.value, locate: locator(source.name, document, lines) });
  }
  return parsed;
}

type Content = { readonly value: unknown } | { readonly offset: number; readonly message: string };

function contentOf(document: Document.Parsed, templated: boolean): Content {
  const [error] = document.errors;
  if (error) {
    return { offset: error.pos[0], message: error.message.split(/ at line \d+|\n/)[0] ?? error.code };
  }
  const template = templated ? templateIn(document) : undefined;
  if (template) return { offset: template.range?.[0] ?? 0, message: '' };
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown };
  } catch (error) {
    return { offset: document.range[0], message: messageOf(error) };
  }
}

/** `{{ .Values.x }}` without quotes happens to be YAML: a mapping whose key is a mapping. */
function templateIn(document: Document.Parsed): Node | undefined {
  let found: Node | undefined;
  visit(document, {
    Map: (_, map) => {
      if (!map.flow || !map.items.some(({ key }) => isMap(key))) return undefined;
      found = map;
      return visit.BREAK;
    },
  });
  return found;
}

/** The Kubernetes objects of a text; lists are taken apart. Other documents are left out, with a note. */
export function readObjects(source: Source, collector: Collector): LintObject[] {
  const objects: LintObject[] = [];
  let others = 0;
  for (const { value, locate } of parseDocuments(source, collector)) {
    if (value === null || value === undefined) continue;
    if (!isObject(value)) {
      others++;
      continue;
    }
    const items =
      value.kind.endsWith('List') && Array.isArray(value.items) ? (value.items as unknown[]) : undefined;
    if (!items) objects.push({ value, locate });
    items?.forEach((item, index) => {
      if (isObject(item)) objects.push({ value: item, locate: (path) => locate(['items', index, ...path]) });
    });
  }
  if (others > 0)
    collector.notes.push(`${source.name}: left out ${documents(others)} that no Kubernetes object is in`);
  return objects;
}

const documents = (count: number) => (count === 1 ? 'a document' : `${count} documents`);

function isObject(value: unknown): value is { kind: string; apiVersion: string; items?: unknown } {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('apiVersion' in value))
    return false;
  return typeof value.kind === 'string' && typeof value.apiVersion === 'string';
}
