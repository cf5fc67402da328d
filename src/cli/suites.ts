import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ConfigurationSource } from '../conformance/configurations.ts';
import { type KnownFailing, checkKnownFailing } from '../conformance/known-failing.ts';
import type { SuiteFiles } from '../conformance/execute.ts';
import type { Suite } from '../conformance/model.ts';
import { type Plan, planRun } from '../conformance/plan.ts';
import type { Row } from '../conformance/outcomes.ts';
import type { Cause } from '../diagnosis/causes.ts';
import { PROJECT_ROOT } from '../paths.ts';
import type { Scenario } from '../reproduce/scenario.ts';
import { loadConfig } from '../team/load.ts';
import { planTeam } from '../team/team-plan.ts';

/** The plan of a run, what its configurations are made of, and the vitest files that have its cases. */
export interface LoadedPlan extends Plan {
  readonly configurations: Readonly<Record<string, ConfigurationSource>>;
  readonly files: SuiteFiles;
  /** File of the team's configuration that was planned. */
  readonly config?: string;
  /** Cases that the team's configuration lists as known to fail. */
  readonly knownFailing?: readonly KnownFailing[];
  /** What has to be said of the plan. */
  readonly notes?: readonly string[];
  /** The causes of which one must be diagnosed first under a sabotage. Not every case foretells them. */
  readonly foretold?: (row: Row, sabotage: string) => readonly Cause[] | undefined;
}

interface SuitesModule {
  readonly suites: readonly Suite[];
  readonly CONFIGURATIONS: Readonly<Record<string, string>>;
  readonly foretold: NonNullable<LoadedPlan['foretold']>;
}

/**
 * Loads suites/ and selects from it. By path and at run time: suites are written against src, which must not
 * know them.
 *
 * @param config file of a team's configuration, whose cases are planned instead
 * @throws UsageError when a pattern selects nothing
 */
export async function loadPlan(only: readonly string[], config?: string): Promise<LoadedPlan> {
  if (config !== undefined) return loadTeamPlan(only, config);
  const file = join(PROJECT_ROOT, 'suites', 'index.ts');
  const { suites, CONFIGURATIONS, foretold } = (await import(pathToFileURL(file).href)) as SuitesModule;
  const plan = planRun(suites, Object.keys(CONFIGURATIONS), only);
  const files: SuiteFiles = {
    include: ['suites/*/*.suite.ts'],
    filters: plan.folders.map((folder) => `suites/${folder}/`),
    setup: 'suites/setup.ts',
  };
  return { ...plan, configurations: CONFIGURATIONS, files, foretold };
}

const shown = (file: string): string => relative(process.cwd(), file) || file;

/** The catalogue of failures that can be reproduced. */
export async function loadScenarios(): Promise<readonly Scenario[]> {
  const file = join(PROJECT_ROOT, 'suites', 'scenarios.ts');
  const { SCENARIOS } = (await import(pathToFileURL(file).href)) as { SCENARIOS: readonly Scenario[] };
  return SCENARIOS;
}

async function loadTeamPlan(only: readonly string[], config: string): Promise<LoadedPlan> {
  const loaded = await loadConfig(config);
  const team = await planTeam(loaded);
  const plan = planRun([{ folder: 'team', cases: team.cases }], Object.keys(team.configurations), only);
  const files: SuiteFiles = {
    include: ['src/team/suite/*.suite.ts'],
    filters: [],
    setup: 'src/team/suite/setup.ts',
    provide: { meshproofTeam: team },
  };
  const { configurations, notes } = team;
  const listed = checkKnownFailing(
    loaded.config.knownFailing ?? [],
    `knownFailing of ${shown(config)}`,
    plan.all,
  );
  return { ...plan, configurations, files, config, notes, knownFailing: listed };
}
