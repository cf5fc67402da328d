import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { seedOf } from '../conformance/shuffled.ts';
import { setStreamTime } from '../conformance/stream-time.ts';
import type { EnvironmentKind } from '../environments/environment.ts';
import { checkMeshName, sweepMeshes } from '../environments/local/registry.ts';
import { meshRequestOf } from '../environments/request.ts';
import { selectEnvironment } from '../environments/select.ts';
import { EXIT, HarnessError, InterruptedError, UsageError, messageOf } from '../errors.ts';
import { parsePatches } from '../kubernetes/patches.ts';
import { meshproofHome } from '../paths.ts';
import { githubAnnotations } from '../report/annotations.ts';
import { bundleOfFailures } from '../report/bundle/of-failures.ts';
import { compareReports } from '../report/diff/compare.ts';
import { diffText } from '../report/diff/text.ts';
import { addToHistory, checkHistory, pastRunOf } from '../report/history/history.ts';
import type { Report } from '../report/schema.ts';
import { summary } from '../report/summary.ts';
import { readReport, writeReports } from '../report/write.ts';
import { type PlanChoice, chosenPlan, refuseOnCluster } from './chosen-plan.ts';
import type { ClusterFlags } from './cluster-options.ts';
import { dryRun } from './dry-run.ts';
import { type Found, type SuiteOptions, runOnEnvironment } from './environment-run.ts';
import { environmentOptions } from './mesh-options.ts';
import { type Output, explain, printJson } from './output.ts';
import { ownVersion } from './own-version.ts';
import { readKnownFailing } from './known-failing.ts';
import { reportOf } from './run-report.ts';
import { VERDICT_EXIT } from './verdict-exit.ts';

export interface RunOptions extends SuiteOptions, PlanChoice {
  readonly only?: string[];
  readonly name?: string;
  readonly patch?: string[];
  readonly knownFailing?: string[];
  /** File of an earlier report: a regression against it is a failure, too. */
  readonly baseline?: string;
  /** File to which what became of the cases is added. */
  readonly history?: string;
  /** Seconds that long-lived streams last. */
  readonly streamTime?: string;
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

async function readPatches(files: readonly string[]): Promise<string[]> {
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(file, 'utf8').catch((error: unknown) => {
        throw new UsageError(`the patch ${file} cannot be read`, { cause: error });
      });
      parsePatches(text, `the patch ${file}`);
      return text;
    }),
  );
}

interface NamedOptions extends ClusterFlags {
  readonly env?: EnvironmentKind;
  readonly name?: string;
  readonly reuse?: boolean;
}

/** The name asked for, or one of its own, so that several runs may go on at once. @throws UsageError */
export function meshName({ env, name, namespace, reuse }: NamedOptions): string {
  if (env === 'cluster') {
    if (name === undefined) return namespace ?? '';
    throw new UsageError('--name names a mesh of this machine', {
      hint: 'A cluster is named by --kubeconfig and --context.',
    });
  }
  if (reuse === true && name === undefined) {
    throw new UsageError('--reuse needs the --name of a running mesh', {
      hint: '"meshproof status" lists them.',
    });
  }
  const chosen = name ?? `run-${randomBytes(3).toString('hex')}`;
  checkMeshName(chosen);
  return chosen;
}

/** `meshproof run`: environment up, suites, report, environment down. The exit code is the verdict's. */
export async function run(options: RunOptions, output: Output, controller: AbortController): Promise<number> {
  const kind = selectEnvironment(options.env);
  if (options.shuffle !== undefined) seedOf(options.shuffle);
  if (options.streamTime !== undefined) setStreamTime(options.streamTime);
  const home = meshproofHome();
  const name = meshName(options);
  const request = meshRequestOf(options);
  const plan = await chosenPlan(options, options.only ?? [], output);
  refuseOnCluster(plan, kind);
  const patches = await readPatches(options.patch ?? []);
  const baseline = options.baseline === undefined ? undefined : await readReport(options.baseline);
  if (options.history !== undefined) await checkHistory(options.history);
  const knownFailing = [
    ...(plan.knownFailing ?? []),
    ...(await readKnownFailing(options.knownFailing ?? [], plan.all)),
  ];
  await sweepMeshes(home);
  if (options.dryRun === true) {
    const wanted = environmentOptions(
      options,
      { kind, home, name, withDefaultRoutes: false },
      output,
      controller,
    );
    return dryRun({ wanted, plan, patches, json: options.json === true }, output);
  }

  const started = { at: new Date(), clock: performance.now() };
  const found: Found = { environment: undefined, outcome: undefined };
  let stopped: string | undefined;
  try {
    const common = { options, output, controller, home, name, patches, knownFailing, plan, found };
    await runOnEnvironment({ ...common, kind });
  } catch (error) {
    const reason: unknown = controller.signal.aborted ? controller.signal.reason : error;
    // An interrupted run leaves the last report alone: half a run says nothing about conformance.
    if (reason instanceof InterruptedError || !(reason instanceof HarnessError)) throw reason;
    explain(reason, output);
    stopped = messageOf(reason).split('\n')[0] ?? '';
  }
  const report = reportOf({ ...options, env: kind }, request, plan, found, stopped, started);
  const files = await writeReports(report, resolve(options.out));
  if (options.json === true) printJson(output, report);
  // GitHub's runner makes annotations of the job out of them.
  if (process.env.GITHUB_ACTIONS === 'true')
    for (const line of githubAnnotations(report)) output.err.write(`${line}\n`);
  const near = (file: string) => relative(process.cwd(), file) || file;
  output.err.write(
    summary(report, {
      colour: output.err.colour,
      width: output.err.columns,
      files: { json: near(files.json), junit: near(files.junit), html: near(files.html) },
    }),
  );
  const bundle = await bundleOfFailures(report, resolve(options.out), await ownVersion());
  if (bundle !== undefined)
    output.err.write(`${near(bundle)} has it all for somebody else: meshproof report ${near(bundle)}\n`);
  if (options.history !== undefined) await addToHistory(options.history, pastRunOf(report));
  const regressed = baseline !== undefined && sayWhatChanged(baseline, report, output);
  const code = VERDICT_EXIT[report.verdict];
  return code === EXIT.conformant && regressed ? EXIT.notConformant : code;
}

/** @returns whether a case that worked in the baseline does not any more */
function sayWhatChanged(before: Report, after: Report, { err }: Output): boolean {
  const diff = compareReports(before, after);
  err.write(`\nSince the baseline:\n${diffText(diff, { before, after }, err.colour)}`);
  return diff.regressed;
}
