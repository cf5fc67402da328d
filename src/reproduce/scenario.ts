import type { Cause } from '../diagnosis/causes.ts';
import { UsageError } from '../errors.ts';
import type { Case, Sabotage } from '../conformance/model.ts';
import type { Row } from '../conformance/outcomes.ts';

/** A failure that happened to somebody, as a case and what breaks it. Data only. */
export interface Scenario {
  /** What it is asked for by: `port-undeclared`. */
  readonly id: string;
  /** Class of failures, `A1` to `L5`: letter of the subject, and a number. */
  readonly class: string;
  readonly title: string;
  /** What its users saw, in one sentence. */
  readonly symptom: string;
  /** Where it was reported: `istio#57294`. */
  readonly origin: readonly [string, ...string[]];
  /** Name of the case that works without the failure. */
  readonly case: string;
  /** Name of the sabotage of that case. */
  readonly sabotage: string;
  /** The failure is one of TLS, and a tap has a TLS of its own: it is looked at without one. */
  readonly untapped?: true;
  /** What helps, in one sentence. */
  readonly fix: string;
}

/** A scenario with what it is made of. */
export interface ResolvedScenario extends Scenario {
  readonly each: Case;
  readonly broken: Sabotage;
  /** The causes of which one must be diagnosed first; none when nobody has foretold any. */
  readonly causes: readonly Cause[];
}

/** What scenarios are resolved against. */
export interface Catalogue {
  readonly cases: readonly Case[];
  readonly foretold: (row: Row, sabotage: string) => readonly Cause[] | undefined;
}

/**
 * @throws UsageError when the case or its sabotage is not there
 */
export function resolveScenario(scenario: Scenario, { cases, foretold }: Catalogue): ResolvedScenario {
  const each = cases.find(({ name }) => name === scenario.case);
  const broken = each?.sabotages.find(({ name }) => name === scenario.sabotage);
  if (each === undefined || broken === undefined) {
    throw new UsageError(
      `the scenario ${scenario.id} needs the case ${scenario.case} with the sabotage "${scenario.sabotage}", which is not there`,
    );
  }
  return { ...scenario, each, broken, causes: foretold(each.row, broken.name) ?? [] };
}

/**
 * The scenario of this id, or of this class when it is the only one.
 *
 * @throws UsageError when there is none, with the nearest there are
 */
export function findScenario(scenarios: readonly Scenario[], wanted: string): Scenario {
  const byId = scenarios.find(({ id }) => id === wanted);
  const [first, second] = scenarios.filter((each) => each.class === wanted.toUpperCase());
  const found = byId ?? (second === undefined ? first : undefined);
  if (found !== undefined) return found;
  const near = scenarios.filter((each) => each.class === wanted.toUpperCase() || each.id.includes(wanted));
  throw new UsageError(`there is no scenario "${wanted}"`, {
    hint:
      near.length === 0
        ? '"meshproof reproduce --list" lists them.'
        : `There are: ${near.map(({ id }) => id).join(', ')}.`,
  });
}
