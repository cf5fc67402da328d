import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Suite } from '../conformance/model.ts';
import { type Plan, planRun } from '../conformance/plan.ts';
import type { Row } from '../conformance/outcomes.ts';
import type { Cause } from '../diagnosis/causes.ts';
import { PROJECT_ROOT } from '../paths.ts';

/** The plan of a run, and what its configurations are made of. */
export interface LoadedPlan extends Plan {
  readonly configurationFolders: Readonly<Record<string, string>>;
  /** The causes of which one must be diagnosed first under a sabotage. */
  readonly foretold: (row: Row, sabotage: string) => readonly Cause[];
}

interface SuitesModule {
  readonly suites: readonly Suite[];
  readonly CONFIGURATIONS: Readonly<Record<string, string>>;
  readonly foretold: LoadedPlan['foretold'];
}

/**
 * Loads suites/ and selects from it. By path and at run time: suites are written against src, which must not
 * know them.
 *
 * @throws UsageError when a pattern selects nothing
 */
export async function loadPlan(only: readonly string[]): Promise<LoadedPlan> {
  const file = join(PROJECT_ROOT, 'suites', 'index.ts');
  const { suites, CONFIGURATIONS, foretold } = (await import(pathToFileURL(file).href)) as SuitesModule;
  return {
    ...planRun(suites, Object.keys(CONFIGURATIONS), only),
    configurationFolders: CONFIGURATIONS,
    foretold,
  };
}
