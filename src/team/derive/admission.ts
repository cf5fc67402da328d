import type { KubernetesObject } from '@kubernetes/client-node';
import { stringify } from 'yaml';
import type { Row } from '../../conformance/outcomes.ts';
import type { Case } from '../../conformance/model.ts';
import { describeEntry, keyOf } from '../entries.ts';
import { type Located, placeOf } from '../sources.ts';
import { type Derivation, STAND_INS } from './derivation.ts';

/** The row of the requirements that a kind belongs to; S2, routes, for all others. */
const ROW_OF: Readonly<Record<string, Row>> = {
  Gateway: 'S1',
  DestinationRule: 'S13',
  EnvoyFilter: 'S8',
};

/**
 * The API server, with Istio's validation behind it, takes every object; and every entry of a VirtualService on its own,
 * so that a refusal is known by its line.
 */
export function admissionCases(derivation: Derivation): Case[] {
  return derivation.sources.flatMap((source) => [
    admission(derivation, source, source.object, placeOf(source), ''),
    ...entriesOf(derivation, source),
  ]);
}

function entriesOf(derivation: Derivation, source: Located): Case[] {
  const entries = derivation.ingress.entries.filter((entry) => entry.source === source);
  const own = [...new Map(entries.map((entry) => [entry.index, entry])).values()];
  if (own.length < 2) return [];
  const { spec } = source.object as { spec?: Readonly<Record<string, unknown[] | undefined>> };
  return own.map((entry) => {
    const list = String(entry.at[1]);
    const alone = { ...source.object, spec: { ...spec, [list]: [spec?.[list]?.[entry.index]] } };
    return admission(derivation, source, alone, describeEntry(entry), `/${list}-${entry.index}`);
  });
}

function admission(
  { name }: Derivation,
  source: Located,
  object: KubernetesObject,
  concerns: string,
  suffix: string,
): Case {
  const { kind = '' } = object;
  const key = keyOf(source);
  // A version that is not served: as with the typo of an API group, the object has no endpoint to go to.
  const misspelt = { ...object, apiVersion: `${object.apiVersion?.split('/')[0] ?? ''}x/v1` };
  return {
    name: `${name}/admission/${kind.toLowerCase()}/${key.replace('/', '.').toLowerCase()}${suffix}`,
    row: ROW_OF[kind] ?? 'S2',
    title: `The API server takes ${kind} ${key}${suffix === '' ? '' : `, ${suffix.slice(1).replace('-', '[')}] alone`}.`,
    configuration: STAND_INS,
    concerns,
    invocation: { client: 'admission', yaml: stringify(object) },
    expectation: { admission: { accepted: true } },
    sabotages: [
      {
        name: `misspelt: ${kind} ${key}${suffix}`,
        change: { invocation: { yaml: stringify(misspelt) } },
        caughtBy: 'admission: expected accepted, got refused',
      },
    ],
  };
}
