import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Document,
  type LineCounter,
  type Node,
  type Pair,
} from 'yaml';
import type { Location, Path } from '../field.ts';

/** Start and end in the text. */
type Range = readonly [start: number, end: number];

/** Tells where the fields of a document stand: from the key to the end of a scalar, else the key alone. */
export function locator(
  file: string,
  document: Document.Parsed,
  lines: LineCounter,
): (path: Path) => Location {
  return (path) => {
    const [start, end] = rangeOf(document, path);
    const from = lines.linePos(start);
    const to = lines.linePos(Math.max(start, end));
    return { file, line: from.line, column: from.col, endLine: to.line, endColumn: to.col };
  };
}

/** The range of a field, or of what is nearest above it. */
function rangeOf(document: Document.Parsed, path: Path): Range {
  let node: unknown = document.contents;
  let range = headOf(document.contents) ?? [document.range[0], document.range[0]];
  for (const key of path) {
    const step = stepInto(resolve(node, document), key, document);
    if (!step) break;
    node = step.value;
    range = step.range ?? range;
  }
  return range;
}

interface Step {
  readonly value: unknown;
  readonly range: Range | undefined;
}

function stepInto(node: unknown, key: string | number, document: Document.Parsed): Step | undefined {
  if (isSeq(node) && typeof key === 'number') {
    const item = node.items[key];
    return item === undefined ? undefined : { value: item, range: headOf(item) };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((candidate) => keyOf(candidate) === String(key));
  if (pair) return { value: pair.value, range: rangeOfPair(pair) };
  for (const merge of node.items.filter((candidate) => keyOf(candidate) === '<<')) {
    const merged = resolve(merge.value, document);
    for (const source of isSeq(merged) ? merged.items : [merged]) {
      const step = stepInto(resolve(source, document), key, document);
      if (step) return step;
    }
  }
  return undefined;
}

const resolve = (node: unknown, document: Document.Parsed): unknown =>
  isAlias(node) ? node.resolve(document) : node;

const keyOf = ({ key }: Pair): string | undefined => (isScalar(key) ? String(key.value) : undefined);

function rangeOfPair({ key, value }: Pair): Range | undefined {
  const head = headOf(key);
  if (!head) return undefined;
  const isBlock = isScalar(value) && (value.type === 'BLOCK_LITERAL' || value.type === 'BLOCK_FOLDED');
  const end = isScalar(value) && !isBlock ? (value as Node).range?.[1] : undefined;
  return [head[0], end ?? head[1]];
}

/** A scalar as a whole; of a collection its first key or item, since all of it would say nothing. */
function headOf(node: unknown): Range | undefined {
  if (isMap(node) && node.items[0] && !node.flow) return headOf(node.items[0].key);
  if (isSeq(node) && node.items[0] && !node.flow) return headOf(node.items[0]);
  if ((isScalar(node) || isCollection(node) || isAlias(node)) && node.range)
    return [node.range[0], node.range[1]];
  return undefined;
}
