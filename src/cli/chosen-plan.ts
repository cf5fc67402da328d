import { relative } from 'node:path';
import type { EnvironmentKind } from '../environments/environment.ts';
import { UsageError } from '../errors.ts';
import { findConfig } from '../team/load.ts';
import type { Output } from './output.ts';
import { type LoadedPlan, loadPlan } from './suites.ts';

/** Which cases a command is about. */
export interface PlanChoice {
  /** File of a team's configuration; false for none, even where the working directory has one. */
  readonly config?: string | false;
}

/**
 * The plan of the team's configuration that is named, or that the working directory has; else of this project's own
 * suites. Which one it is is said.
 *
 * @throws UsageError when the configuration is no good, or a pattern selects nothing
 */
export async function chosenPlan(
  { config }: PlanChoice,
  only: readonly string[],
  { progress }: Output,
): Promise<LoadedPlan> {
  const file = config === false ? undefined : await findConfig(config);
  const plan = await loadPlan(only, file);
  if (file !== undefined) progress.note(`configuration: ${relative(process.cwd(), file) || file}`);
  for (const note of plan.notes ?? []) progress.note(note);
  return plan;
}

/**
 * @throws UsageError for a team's configuration on a cluster that is handed in: what stands in for its backends would
 *   take the places of the real ones
 */
export function refuseOnCluster({ config }: LoadedPlan, environment: EnvironmentKind): void {
  if (config === undefined || environment !== 'cluster') return;
  throw new UsageError('a configuration is proven on a mesh of its own, not on a cluster that is there', {
    hint: 'Sample services would replace the backends of the same names. Use --env local or --env kind.',
  });
}
