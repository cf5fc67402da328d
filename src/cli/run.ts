import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Plan } from '../conformance/plan.ts';
import type { Environment, EnvironmentKind } from '../environments/environment.ts';
import { findMesh, startMesh } from '../environments/local/launch.ts';
import { MeshFolder, checkMeshName, sweepMeshes } from '../environments/local/registry.ts';
import { selectEnvironment } from '../environments/select.ts';
import { EXIT, HarnessError, InterruptedError, SetupError, UsageError, messageOf } from '../errors.ts';
import { parseObjects } from '../kubernetes/manifests.ts';
import { PROJECT_ROOT, meshproofHome } from '../paths.ts';
import type { StepTiming } from '../progress.ts';
import { type RunFacts, assembleReport } from '../report/assemble.ts';
import type { Report } from '../report/schema.ts';
import { summary } from '../report/summary.ts';
import { writeReports } from '../report/write.ts';
import { ensureToolchain } from '../toolchain/toolchain.ts';
import { runInside } from './inside.ts';
import { type Output, explain, printJson } from './output.ts';
import type { InsideOutcome, InsideRequest } from './run-inside.ts';
import { loadPlan } from './suites.ts';

export interface RunOptions {
  readonly env?: EnvironmentKind;
  readonly only?: string[];
  readonly out: string;
  readonly keep?: boolean;
  readonly name?: string;
  readonly patch?: string[];
  readonly images: 'auto' | 'released' | 'built';
  readonly istioVersion?: string;
  readonly envoyVersion?: string;
  readonly json?: boolean;
}

const VERDICT_EXIT = {
  conformant: EXIT.conformant,
  'not-conformant': EXIT.notConformant,
  'could-not-run': EXIT.couldNotRun,
} as const satisfies Record<Report['verdict'], number>;

async function readPatches(files: readonly string[]): Promise<string[]> {
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(file, 'utf8').catch((error: unknown) => {
        throw new UsageError(`the patch ${file} cannot be read`, { cause: error });
      });
      // A patch with a target is no object; what it holds is kustomize's to judge.
      if (!/^\s*target:/m.test(text)) parseObjects(text, `the patch ${file}`);
      return text;
    }),
  );
}

/** `meshproof run`: environment up, suites, report, environment down. The exit code is the verdict's. */
export async function run(options: RunOptions, output: Output, controller: AbortController): Promise<number> {
  const kind = selectEnvironment(options.env);
  if (kind !== 'local') {
    throw new SetupError(`--env ${kind} is not there yet in this version`, {
      hint: 'On Linux as root, --env local needs neither Docker nor a cluster.',
    });
  }
  const home = meshproofHome();
  const name = options.name ?? `run-${randomBytes(3).toString('hex')}`;
  checkMeshName(name);
  const plan = await loadPlan(options.only ?? []);
  const patches = await readPatches(options.patch ?? []);
  await sweepMeshes(home);

  const started = { at: new Date(), clock: performance.now() };
  const found: Found = { environment: undefined, outcome: undefined };
  let stopped: string | undefined;
  try {
    await runLocally({ options, output, controller, home, name, patches, found });
  } catch (error) {
    const reason: unknown = controller.signal.aborted ? controller.signal.reason : error;
    // An interrupted run leaves the last report alone: half a run says nothing about conformance.
    if (reason instanceof InterruptedError || !(reason instanceof HarnessError)) throw reason;
    explain(reason, output);
    stopped = messageOf(reason).split('\n')[0] ?? '';
  }
  const report = assemble(options, plan, found, stopped, started);
  const files = await writeReports(report, resolve(options.out));
  if (options.json === true) printJson(output, report);
  const near = (file: string) => relative(process.cwd(), file) || file;
  output.err.write(
    summary(report, {
      colour: output.err.colour,
      width: output.err.columns,
      files: { json: near(files.json), junit: near(files.junit), html: near(files.html) },
    }),
  );
  return VERDICT_EXIT[report.verdict];
}

/** What a run has learned so far; a report is made of it however the run ends. */
interface Found {
  environment: Environment | undefined;
  outcome: InsideOutcome | undefined;
}

interface LocalRun {
  readonly options: RunOptions;
  readonly output: Output;
  readonly controller: AbortController;
  readonly home: string;
  readonly name: string;
  readonly patches: readonly string[];
  readonly found: Found;
}

async function runLocally({ options, output, controller, home, name, patches, found }: LocalRun): Promise<void> {
  const { progress } = output;
  const { signal } = controller;
  const { istioVersion, envoyVersion } = options;
  const toolchain = await ensureToolchain({
    home,
    progress,
    signal,
    images: options.images,
    ...(istioVersion === undefined ? {} : { istioVersion }),
    ...(envoyVersion === undefined ? {} : { envoyVersion }),
  });
  const mesh = await startMesh({
    home,
    name,
    toolchain,
    istioSet: [],
    withDefaultRoutes: false,
    progress,
    signal,
    onBroken: (error) => controller.abort(error),
  });
  found.environment = mesh.environment;
  const results = resolve(options.out);
  let keep = options.keep === true;
  try {
    await rm(join(results, 'evidence'), { recursive: true, force: true });
    const folder = new MeshFolder(home, name);
    const request: InsideRequest = {
      only: options.only ?? [],
      session: { environment: mesh.environment, results, patches },
      prove: false,
      outcomeFile: join(folder.run, 'outcome.json'),
    };
    const requestFile = join(folder.run, 'request.json');
    await writeFile(requestFile, JSON.stringify(request));
    const { init } = await findMesh(home, name);
    const command = [process.execPath, join(PROJECT_ROOT, 'src/cli/main.ts'), 'run-inside', requestFile];
    await Promise.race([runInside({ environment: mesh.environment, init }, command), aborted(signal)]);
    signal.throwIfAborted();
    const outcome = await readFile(request.outcomeFile, 'utf8').catch(() => undefined);
    if (outcome === undefined) throw new SetupError('the suites ended without a result');
    found.outcome = JSON.parse(outcome) as InsideOutcome;
  } catch (error) {
    keep = false;
    throw error;
  } finally {
    if (keep) {
      await mesh.detach();
      progress.note(`The mesh "${name}" is left running; end it with "meshproof down --name ${name}".`);
    } else {
      const activity = progress.begin('Taking the mesh down');
      await mesh.remove();
      activity.done();
    }
  }
}

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });

function assemble(
  options: RunOptions,
  plan: Plan,
  { environment, outcome }: Found,
  stopped: string | undefined,
  started: { at: Date; clock: number },
): Report {
  const steps: StepTiming[] = [...(environment?.steps ?? []), ...(outcome?.steps ?? [])];
  const problem = stopped ?? outcome?.problems[0];
  const facts: RunFacts = {
    planned: plan.cases.length,
    startedAt: started.at.toISOString(),
    durationMs: Math.round(performance.now() - started.clock),
    command: ['meshproof', ...process.argv.slice(2)],
    environment: {
      kind: 'local',
      name: environment?.name ?? options.name ?? '',
      capabilities: [...(environment?.capabilities ?? [])],
    },
    versions: { ...environment?.versions, ...outcome?.versions },
    dataPlane: environment ? environment.dataPlane : null,
    images: environment ? { source: environment.images.source, why: environment.images.why } : null,
    patch: options.patch ?? null,
    steps,
    cases: (outcome?.results ?? []).map(({ refused: _refused, sabotage: _sabotage, ...result }) => result),
    notes: [...(outcome?.problems ?? [])],
  };
  return assembleReport(facts, problem);
}
