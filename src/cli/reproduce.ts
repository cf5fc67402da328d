import { mkdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { sweepMeshes } from '../environments/local/registry.ts';
import { meshRequestOf } from '../environments/request.ts';
import { selectEnvironment } from '../environments/select.ts';
import { EXIT, SetupError, UsageError } from '../errors.ts';
import { meshproofHome } from '../paths.ts';
import { redactValue } from '../evidence/redact.ts';
import { bundleOfFailures } from '../report/bundle/of-failures.ts';
import { writeReports } from '../report/write.ts';
import { catalogueText } from '../reproduce/catalogue-text.ts';
import { type Reproduction, asForetold } from '../reproduce/reproduction.ts';
import { findScenario } from '../reproduce/scenario.ts';
import { reproductionText } from '../reproduce/text.ts';
import {
  type EnvironmentRun,
  type Found,
  type SuiteOptions,
  runOnEnvironment,
  sessionOf,
  workInside,
} from './environment-run.ts';
import { type Output, printJson } from './output.ts';
import { ownVersion } from './own-version.ts';
import type { ReproduceOutcome, ReproduceRequest } from './reproduce-inside.ts';
import { meshName } from './run.ts';
import { reportOf } from './run-report.ts';
import { loadPlan, loadScenarios } from './suites.ts';
import { writeWhole } from '../whole-file.ts';

export interface ReproduceOptions extends Omit<SuiteOptions, 'tap' | 'out'> {
  readonly list?: boolean;
  readonly fix?: boolean;
  readonly name?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/**
 * `meshproof reproduce SCENARIO`: exit 0 when the failure showed itself as foretold, and its fix helped if one was
 * tried; 1 when it did not; 2 when it could not be set up.
 */
export async function reproduce(
  wanted: string | undefined,
  options: ReproduceOptions,
  output: Output,
  controller: AbortController,
): Promise<number> {
  const scenarios = await loadScenarios();
  if (options.list === true) {
    if (options.json === true) printJson(output, scenarios);
    else output.out.write(catalogueText(scenarios, output.out.columns));
    return EXIT.conformant;
  }
  if (wanted === undefined)
    throw new UsageError('which scenario is to be reproduced?', {
      hint: '"meshproof reproduce --list" lists them.',
    });
  const scenario = findScenario(scenarios, wanted);
  const kind = selectEnvironment(options.env);
  const home = meshproofHome();
  const name = meshName(options);
  const plan = await loadPlan([scenario.case]);
  const out = resolve(options.out ?? join('results', 'reproduce', scenario.id));
  await sweepMeshes(home);
  const started = { at: new Date(), clock: performance.now() };
  const found: Found = { environment: undefined, outcome: undefined };
  const common = { output, controller, home, name, kind, plan, found, patches: [], knownFailing: [] };
  await runOnEnvironment({ ...common, options: { ...options, out } }, (run: EnvironmentRun, mesh) =>
    workInside<ReproduceRequest>(run, mesh, 'reproduce-inside', {
      scenario: scenario.id,
      session: sessionOf(run, mesh, scenario.untapped !== true, []),
      fix: options.fix === true,
      keep: options.keep === true,
    }),
  );
  const { reproduction, problems = [] } = (found.outcome ?? {}) as Partial<ReproduceOutcome>;
  if (reproduction === undefined)
    throw new SetupError(`"${scenario.id}" could not be set up: ${problems[0] ?? 'no reason given'}`);
  const report = reportOf({ ...options, env: kind }, meshRequestOf(options), plan, found, undefined, started);
  await writeReports(report, out);
  await keep(out, reproduction);
  const bundle = await bundleOfFailures(report, out, await ownVersion());
  if (options.json === true) printJson(output, redactValue(reproduction));
  else {
    const near = (file: string) => relative(process.cwd(), file) || file;
    const at = { folder: near(out), ...(bundle === undefined ? {} : { bundle: near(bundle) }) };
    output.out.write(reproductionText(reproduction, at));
  }
  if (reproduction.problem !== undefined) return EXIT.couldNotRun;
  return asForetold(reproduction) ? EXIT.conformant : EXIT.notConformant;
}

async function keep(folder: string, reproduction: Reproduction): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'reproduction.json');
  await writeWhole(file, `${JSON.stringify(redactValue(reproduction), undefined, 2)}\n`);
}
