import type { Report } from '../schema.ts';
import { askedOptions } from '../wording.ts';

/** Something that was tested with otherwise. Undefined where a report says nothing of it. */
export interface FactChange {
  readonly name: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Versions and everything else about what was tested that differs. Names of meshes differ from run to run. */
export function changedFacts(before: Report, after: Report): FactChange[] {
  const [then, now] = [factsOf(before), factsOf(after)];
  const names = [...new Set([...now.keys(), ...then.keys()])];
  return names
    .map((name) => ({ name, before: then.get(name), after: now.get(name) }))
    .filter((fact) => fact.before !== fact.after);
}

function factsOf(report: Report): Map<string, string> {
  const { environment, versions, dataPlane, images, patch } = report;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['environment', environment.kind],
    ['capabilities', environment.capabilities.toSorted().join(', ')],
    ...Object.entries(versions),
    ['data plane', dataPlane === null ? undefined : dataPlane.stock ? 'stock Envoy' : "Istio's Envoy"],
    ['switches', dataPlane?.switches.toSorted().join(', ')],
    ['images', images?.source],
    ['asked', askedOptions(report).join(' ')],
    ['patches', patch?.join(', ')],
  ];
  return new Map(
    facts.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]])),
  );
}
