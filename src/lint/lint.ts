import { Configuration, type Surroundings } from './configuration.ts';
import type { Field, LintObject } from './field.ts';
import type { Finding, Problem, Rule } from './rule.ts';
import { RULES } from './rules/index.ts';

/** Runs the rules over objects that are applied together. @param disabled ids of rules that are left out */
export function lint(
  objects: readonly LintObject[],
  surroundings: Surroundings,
  disabled: ReadonlySet<string> = new Set(),
): Finding[] {
  const configuration = new Configuration(objects, surroundings);
  return RULES.filter(({ id }) => !disabled.has(id)).flatMap((rule) =>
    [...rule.check(configuration)].map((problem) => findingOf(configuration, rule, problem)),
  );
}

function findingOf(configuration: Configuration, rule: Rule, problem: Problem): Finding {
  const { title, severity, why, links } = rule;
  return {
    rule: rule.id,
    severity,
    title,
    message: problem.message,
    why,
    fix: problem.fix ?? rule.fix,
    links,
    ...placeOf(configuration, problem.at),
    field: problem.at.pathText,
    related: (problem.related ?? []).map(({ at, message }) => ({ message, ...placeOf(configuration, at) })),
  };
}

function placeOf(configuration: Configuration, at: Field): Pick<Finding, 'object' | 'location'> {
  const { location } = at;
  return { object: configuration.describe(at), ...(location ? { location } : {}) };
}

/** By file and place, each once: a base that two kustomizations share is read with both. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  const once = new Map(findings.map((finding) => [keyOf(finding), finding]));
  return [...once.values()].sort(
    (one, other) =>
      compare(one.location?.file ?? '', other.location?.file ?? '') ||
      (one.location?.line ?? 0) - (other.location?.line ?? 0) ||
      (one.location?.column ?? 0) - (other.location?.column ?? 0) ||
      compare(one.rule, other.rule),
  );
}

const compare = (one: string, other: string) => (one === other ? 0 : one < other ? -1 : 1);

function keyOf({ rule, message, location, object, field }: Finding): string {
  const place = location ? [location.file, location.line, location.column] : [object, field];
  return JSON.stringify([rule, message, ...place]);
}
