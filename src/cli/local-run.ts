import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Configurations } from '../conformance/configurations.ts';
import type { CaseResult } from '../conformance/result.ts';
import type { Environment } from '../environments/environment.ts';
import { exportKindLogs } from '../environments/kind/logs.ts';
import { findMesh, startMesh } from '../environments/local/launch.ts';
import type { ProcessIdentity } from '../environments/local/processes.ts';
import type { MeshSetup } from '../environments/local/protocol.ts';
import { MeshFolder } from '../environments/local/registry.ts';
import { prepareMesh } from '../environments/prepare.ts';
import { tlsSecret } from '../environments/samples.ts';
import { SetupError } from '../errors.ts';
import { exclusively } from '../exclusively.ts';
import { parsePatches } from '../kubernetes/patches.ts';
import { PROJECT_ROOT } from '../paths.ts';
import { runInside } from './inside.ts';
import type { Output } from './output.ts';
import type { InsideOutcome, InsideRequest } from './run-inside.ts';
import type { LoadedPlan } from './suites.ts';

/** What a run has learned so far; a report is made of it however the run ends. */
export interface Found {
  environment: Environment | undefined;
  outcome: InsideOutcome | undefined;
}

/** How an environment is chosen and kept; the same for every command that runs suites. */
export interface MeshOptions {
  readonly images: 'auto' | 'released' | 'built';
  readonly istioVersion?: string;
  readonly envoyVersion?: string;
  /** Further `--set` arguments for istioctl. */
  readonly set?: readonly string[];
  readonly keep?: boolean;
  readonly reuse?: boolean;
  readonly out: string;
}

export interface LocalRun {
  readonly options: MeshOptions;
  readonly kind: MeshSetup['kind'];
  readonly plan: LoadedPlan;
  /** Run each case under each of its sabotages instead. */
  readonly prove: boolean;
  readonly output: Output;
  readonly controller: AbortController;
  readonly home: string;
  readonly name: string;
  readonly patches: readonly string[];
  readonly found: Found;
}

/** Runs suites on a mesh of this machine: one of its own, or with `reuse` one that is up. What is learned goes into `found`. */
export async function runLocally(run: LocalRun): Promise<void> {
  const { options, output, controller, home, name, found } = run;
  const { progress } = output;
  if (options.reuse === true) {
    const mesh = await findMesh(home, name);
    await checkPatches(run, mesh.environment.bin, mesh.environment.images.services);
    // A mesh has one configuration at a time: two runs on it would pull it from under each other.
    const waiting = (pid: string) =>
      progress.note(`waiting for process ${pid}, which runs suites on "${name}"`);
    await exclusively(`mesh ${home} ${name}`, waiting, controller.signal, () =>
      runSuites(run, mesh.environment, mesh.init),
    );
    return;
  }
  const { signal } = controller;
  const { istioVersion, envoyVersion } = options;
  const setup = await prepareMesh(run.kind, {
    home,
    progress,
    signal,
    images: options.images,
    ...(istioVersion === undefined ? {} : { istioVersion }),
    ...(envoyVersion === undefined ? {} : { envoyVersion }),
  });
  await checkPatches(run, setup.toolchain.bin, setup.toolchain.images.services);
  const mesh = await startMesh({
    home,
    name,
    setup,
    istioSet: options.set ?? [],
    withDefaultRoutes: false,
    progress,
    signal,
    onBroken: (error) => controller.abort(error),
  });
  found.environment = mesh.environment;
  let keep = options.keep === true;
  try {
    await runSuites(run, mesh.environment, mesh.init);
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

/** Before anything is started: a patch that fits nothing would silently prove nothing. */
async function checkPatches({ plan, patches }: LocalRun, bin: string, servicesImage: string): Promise<void> {
  if (patches.length === 0) return;
  process.env.PATH = `${bin}:${process.env.PATH ?? ''}`;
  const configurations = new Configurations({
    folders: plan.configurationFolders,
    servicesImage,
    objects: [tlsSecret({ certificate: '', key: '', serial: '' })],
    patches: patches.flatMap((text) => parsePatches(text, 'a patch')),
  });
  await configurations.checkPatches([...new Set(plan.cases.map(({ configuration }) => configuration))]);
}

/** Runs the suites in a process that lives inside the mesh, and takes over what it found out. */
async function runSuites(run: LocalRun, environment: Environment, init: ProcessIdentity): Promise<void> {
  const { options, controller, home, name, patches, found, plan, prove } = run;
  const { signal } = controller;
  found.environment = environment;
  const results = resolve(options.out);
  for (const old of ['evidence', 'records']) await rm(join(results, old), { recursive: true, force: true });
  const folder = new MeshFolder(home, name);
  const request: InsideRequest = {
    cases: plan.cases.map((each) => each.name),
    session: { environment, results, patches },
    prove,
    outcomeFile: join(folder.run, 'outcome.json'),
  };
  await rm(request.outcomeFile, { force: true });
  const requestFile = join(folder.run, 'request.json');
  await writeFile(requestFile, JSON.stringify(request));
  const command = [process.execPath, join(PROJECT_ROOT, 'src/cli/main.ts'), 'run-inside', requestFile];
  let good = false;
  try {
    await Promise.race([runInside({ environment, init }, command), aborted(signal)]);
    signal.throwIfAborted();
    found.outcome = await readOutcome(request.outcomeFile);
    good =
      found.outcome.problems.length === 0 && found.outcome.results.every(({ outcome }) => isGood(outcome));
  } finally {
    if (!good && !signal.aborted) await exportKindLogs(environment, init);
    // The mesh takes its logs with it; the report's reader may want them.
    const logs = join(results, 'logs');
    await rm(logs, { recursive: true, force: true });
    await cp(environment.logs, logs, { recursive: true }).catch(() => undefined);
  }
}

async function readOutcome(file: string): Promise<InsideOutcome> {
  const outcome = await readFile(file, 'utf8').catch(() => undefined);
  if (outcome === undefined) throw new SetupError('the suites ended without a result');
  return JSON.parse(outcome) as InsideOutcome;
}

const isGood = (outcome: CaseResult['outcome']) => outcome !== 'failed' && outcome !== 'could-not-run';

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
