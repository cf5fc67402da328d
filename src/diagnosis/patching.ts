import { stringify } from 'yaml';
import type { Evidence } from './evidence.ts';
import type { Typed } from './istio-objects.ts';

type Named = Pick<Typed<unknown>, 'kind' | 'namespace' | 'name'>;
type Objects = Pick<Evidence, 'objects'>;

/** `spec.http[0].timeout` as its steps; a name with dots or slashes in it is no field that rules speak of. */
const stepsOf = (field: string): (string | number)[] =>
  field
    .split('.')
    .flatMap((part) => [
      part.replace(/\[.*$/, ''),
      ...[...part.matchAll(/\[(\d+)\]/g)].map(([, index]) => Number(index)),
    ]);

const child = (value: unknown, step: string | number): unknown =>
  typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string | number, unknown>>)[step]
    : undefined;

const pointer = (steps: readonly (string | number)[]): string =>
  steps.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** As kustomize takes it, and `meshproof run --patch`: a target, and a JSON patch (RFC 6902). */
const asPatch = ({ kind, namespace, name }: Named, operation: object): string =>
  stringify({ target: { kind, name, namespace }, patch: stringify([operation]) });

/**
 * The patch that sets a field of an object, whether or not it is there; of an object that is not in the evidence, none.
 *
 * @param field its path: `spec.servers[0].hosts`
 */
export function setting(
  { objects }: Objects,
  object: Named,
  field: string,
  value: unknown,
): string | undefined {
  const found = findObject(objects, object);
  if (found === undefined) return undefined;
  const steps = stepsOf(field);
  let here: unknown = found;
  for (const [i, step] of steps.entries()) {
    const next = child(here, step);
    const path = pointer(steps.slice(0, i + 1));
    if (i === steps.length - 1)
      return asPatch(object, { op: next === undefined ? 'add' : 'replace', path, value });
    if (next === undefined) {
      const inner = steps.slice(i + 1).reduceRight<unknown>((held, key) => ({ [key]: held }), value);
      return asPatch(object, { op: 'add', path, value: inner });
    }
    here = next;
  }
  return undefined;
}

/**
 * The patch that takes a field of an object away; none where it is not there. What holds nothing else goes with it:
 * kustomize would leave a null, which the API server refuses.
 */
export function removing({ objects }: Objects, object: Named, field: string): string | undefined {
  const steps = stepsOf(field);
  const holders = steps.reduce<unknown[]>(
    (found, step) => [...found, child(found.at(-1), step)],
    [findObject(objects, object)],
  );
  if (holders.at(-1) === undefined) return undefined;
  let end = steps.length;
  while (end > 2 && Object.keys(holders[end - 1] as object).length === 1) end--;
  return asPatch(object, { op: 'remove', path: pointer(steps.slice(0, end)) });
}

/** The patch that takes an object away. */
export function deleting({ objects }: Objects, object: Named): string | undefined {
  const { kind, namespace, name } = object;
  const apiVersion = findObject(objects, object)?.apiVersion;
  return apiVersion === undefined
    ? undefined
    : stringify({ apiVersion, kind, metadata: { name, namespace }, $patch: 'delete' });
}

const findObject = (objects: Evidence['objects'], { kind, namespace, name }: Named) =>
  objects.find(
    (each) =>
      each.kind === kind &&
      each.metadata?.name === name &&
      (each.metadata.namespace ?? 'default') === namespace,
  );
