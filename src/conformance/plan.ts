import { UsageError } from '../errors.ts';
import type { Case, Sabotage, Suite } from './model.ts';
import { select } from './patterns.ts';

/** What is to be run. */
export interface Plan {
  /** In the order of the suites. Their number is what the outcomes must add up to. */
  readonly cases: readonly Case[];
  /** Every case there is, chosen or not. */
  readonly all: readonly Case[];
  /** The folders of `suites/` that have at least one of them. */
  readonly folders: readonly string[];
}

const NAME = /^[a-z0-9][a-z0-9.-]*(\/[a-z0-9][a-z0-9.-]*)+$/;

/**
 * Checks the cases against each other and selects. The cases are handed in, because suites are written against this
 * folder and not the other way round.
 *
 * @param configurations the names that exist
 * @throws UsageError when the cases contradict each other, or a pattern selects nothing
 */
export function planRun(
  suites: readonly Suite[],
  configurations: readonly string[],
  only: readonly string[],
): Plan {
  const all = suites.flatMap((suite) => suite.cases);
  const problems = [
    ...nameProblems(all),
    ...configurationProblems(all, configurations),
    ...sabotageProblems(all),
  ];
  if (problems.length > 0) {
    throw new UsageError(
      `the cases contradict each other:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
  }
  const cases = select(all, only);
  const chosen = new Set(cases);
  return {
    cases,
    all,
    folders: suites
      .filter((suite) => suite.cases.some((each) => chosen.has(each)))
      .map(({ folder }) => folder),
  };
}

/** By a case's name, the names of the sabotages that it is run under. */
export type Sabotaged = Readonly<Record<string, readonly string[]>>;

/**
 * Which sabotages are tried on which case: every one on every case that has it. With `quick` each is tried on one case
 * of each family, by the first two components of their names.
 */
export function planProof(cases: readonly Case[], quick: boolean): Sabotaged {
  const tried = new Set<string>();
  const isTried = (each: Case, { name }: Sabotage): boolean => {
    if (!quick) return true;
    // What needs more than every environment has may be skipped, and then nothing of its kind would be tried.
    const key = JSON.stringify([familyOf(each), each.configuration, each.needs, name]);
    if (tried.has(key)) return false;
    tried.add(key);
    return true;
  };
  return Object.fromEntries(
    cases.flatMap((each) => {
      const names = each.sabotages.filter((sabotage) => isTried(each, sabotage)).map(({ name }) => name);
      return names.length === 0 ? [] : [[each.name, names]];
    }),
  );
}

const familyOf = ({ name }: Case): string => name.split('/').slice(0, 2).join('/');

function nameProblems(cases: readonly Case[]): string[] {
  const seen = new Set<string>();
  return cases.flatMap(({ name }) => {
    const problems: string[] = [];
    if (!NAME.test(name)) problems.push(`${JSON.stringify(name)} is no path of lower-case components`);
    if (seen.has(name)) problems.push(`two cases are called ${name}`);
    seen.add(name);
    return problems;
  });
}

const configurationProblems = (cases: readonly Case[], configurations: readonly string[]): string[] =>
  cases
    .filter(({ configuration }) => !configurations.includes(configuration))
    .map(
      ({ name, configuration }) =>
        `${name} needs the configuration ${JSON.stringify(configuration)}, which is not there`,
    );

/** Within a row, one name of a sabotage stands for one change: so that no two of a row are of the same kind. */
function sabotageProblems(cases: readonly Case[]): string[] {
  const changes = new Map<string, { readonly owner: string; readonly change: Sabotage['change'] }>();
  return cases.flatMap(({ name, row, sabotages }) =>
    sabotages.flatMap((sabotage) => {
      const key = `${row} ${sabotage.name}`;
      const known = changes.get(key);
      if (known === undefined) {
        changes.set(key, { owner: name, change: sabotage.change });
        return [];
      }
      return JSON.stringify(known.change) === JSON.stringify(sabotage.change)
        ? []
        : [
            `${name} and ${known.owner} (${row}) have different sabotages called ${JSON.stringify(sabotage.name)}`,
          ];
    }),
  );
}
