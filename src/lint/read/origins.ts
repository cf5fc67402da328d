import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { Field, type LintObject, type Location, type Path } from '../field.ts';
import { parseDocuments } from './documents.ts';
import { nameOf, type Collector } from './reading.ts';

const ORIGIN = 'config.kubernetes.io/origin';

/** A patch of a kustomization: a strategic merge patch, or the operations of a JSON patch (RFC 6902). */
export interface PatchText {
  readonly value: unknown;
  readonly locate: (path: Path) => Location | undefined;
}

/** The resources and patches as they are written, before kustomize does anything to them. */
interface Originals {
  readonly objects: readonly LintObject[];
  readonly patches: readonly PatchText[];
}

/** The patches that a kustomization names or has within itself; those within stand where the kustomization has them. */
export async function readPatches(kustomization: string, collector: Collector): Promise<PatchText[]> {
  const source = collector.source(nameOf(kustomization), await readFile(kustomization, 'utf8'));
  const [document] = parseDocuments(source, collector);
  const root = new Field(document ?? { value: undefined });
  const patches: PatchText[] = [];
  const entries = ['patches', 'patchesStrategicMerge', 'patchesJson6902'].flatMap(
    (key) => root.at(key).items,
  );
  for (const entry of entries) {
    const inner = entry.at('patch').exists ? entry.at('patch') : entry;
    const file = entry.at('path').text ?? (inner.text?.includes('\n') === false ? inner.text : undefined);
    if (file === undefined) patches.push({ value: parse(inner.text ?? ''), locate: () => inner.location });
    else patches.push(...(await patchFile(join(dirname(kustomization), file), collector)));
  }
  return patches;
}

async function patchFile(file: string, collector: Collector): Promise<readonly PatchText[]> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? [] : parseDocuments(collector.source(nameOf(file), text), collector);
}

/** A rendered object with the places in the files that its fields come from. */
export function rendered(
  object: unknown,
  fileOf: (origin: string) => string,
  originals: Originals,
): LintObject {
  const value = structuredClone(object) as { metadata?: { annotations?: Record<string, string> } };
  const annotations = value.metadata?.annotations;
  const origin = annotations?.[ORIGIN];
  if (annotations && value.metadata) {
    const others = Object.entries(annotations).filter(([key]) => key !== ORIGIN);
    if (others.length > 0) value.metadata.annotations = Object.fromEntries(others);
    else delete value.metadata.annotations;
  }
  const path =
    origin === undefined ? undefined : new Field({ value: parse(origin) as unknown }).at('path').text;
  const original = path === undefined ? undefined : originalOf(value, fileOf(path), originals);
  const patches = originals.patches.filter((patch) => concerns(patch, value));
  return {
    value,
    locate: (place) => {
      const field = new Field({ value }).at(...place);
      if (original && isDeepStrictEqual(new Field(original).at(...place).value, field.value))
        return original.locate?.(place);
      return inPatches(patches, field) ?? original?.locate?.(place);
    },
  };
}

/** The object of a file that a rendered one is made from. kustomize may have put something before or behind its name. */
function originalOf(value: unknown, file: string, { objects }: Originals): LintObject | undefined {
  const [root, alike] = [
    new Field({ value }),
    objects.filter((object) => object.locate?.([])?.file === file),
  ];
  const sameKind = alike.filter((object) => new Field(object).at('kind').value === root.at('kind').value);
  const name = root.at('metadata', 'name').text ?? '';
  const named = (object: LintObject) => new Field(object).at('metadata', 'name').text ?? '';
  return (
    sameKind.find((object) => named(object) === name) ??
    sameKind.find((object) => name.includes(named(object)))
  );
}

/** A strategic merge patch names its object; of a JSON patch the target is not asked, since its values must fit too. */
function concerns({ value }: PatchText, object: unknown): boolean {
  if (Array.isArray(value)) return true;
  const [patch, root] = [new Field({ value }), new Field({ value: object })];
  const name = patch.at('metadata', 'name').text;
  return (
    patch.at('kind').value === root.at('kind').value &&
    (name === undefined || (root.at('metadata', 'name').text ?? '').includes(name))
  );
}

/** Where a patch says the very value that the field has. */
function inPatches(patches: readonly PatchText[], field: Field): Location | undefined {
  for (const patch of patches) {
    const root = new Field(patch);
    if (!Array.isArray(patch.value)) {
      if (field.exists && isDeepStrictEqual(root.at(...field.path).value, field.value))
        return root.at(...field.path).location;
      continue;
    }
    const pointer = field.path
      .map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`)
      .join('');
    for (const operation of root.items) {
      const at = operation.at('path').text ?? '';
      if (at !== pointer && !pointer.startsWith(`${at}/`)) continue;
      const rest = field.path.slice(at.split('/').length - 1);
      const said = operation.at('value', ...rest);
      if (isDeepStrictEqual(said.value, field.value)) return said.location;
    }
  }
  return undefined;
}
