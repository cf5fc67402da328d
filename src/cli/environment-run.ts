import { cp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Configurations } from '../conformance/configurations.ts';
import type { KnownFailing } from '../conformance/known-failing.ts';
import type { Sabotaged } from '../conformance/plan.ts';
import type { CaseResult } from '../conformance/result.ts';
import type { Environment, EnvironmentKind } from '../environments/environment.ts';
import type { EnvironmentHandle } from '../environments/handle.ts';
import { exportKindLogs } from '../environments/kind/logs.ts';
import { findEnvironment, prepareEnvironment } from '../environments/prepare.ts';
import { tlsSecret } from '../environments/samples.ts';
import { SetupError } from '../errors.ts';
import { exclusively } from '../exclusively.ts';
import { TIMEOUTS } from '../timeouts.ts';
import { delay } from '../waiting.ts';
import { parsePatches } from '../kubernetes/patches.ts';
import { runHalfInside } from './half-inside.ts';
import { type MeshOptions, environmentOptions } from './mesh-options.ts';
import { seedOf } from '../conformance/shuffled.ts';
import type { Output } from './output.ts';
import type { InsideOutcome, InsideRequest } from './run-inside.ts';
import type { LoadedPlan } from './suites.ts';

/** What a run has learned so far; a report is made of it however the run ends. */
export interface Found {
  environment: Environment | undefined;
  outcome: InsideOutcome | undefined;
}

/** How suites are run; the same for every command that runs them. */
export interface SuiteOptions extends MeshOptions {
  readonly keep?: boolean;
  /** Run every case through taps on both legs. */
  readonly tap?: boolean;
  readonly out: string;
  /** Seed of the order in which they run. */
  readonly shuffle?: string;
}

export interface EnvironmentRun {
  readonly options: SuiteOptions;
  readonly kind: EnvironmentKind;
  readonly plan: LoadedPlan;
  /** Run the cases under these of their sabotages instead. */
  readonly prove?: Sabotaged;
  readonly output: Output;
  readonly controller: AbortController;
  readonly home: string;
  readonly name: string;
  readonly patches: readonly string[];
  readonly knownFailing: readonly KnownFailing[];
  readonly found: Found;
}

/**
 * Runs suites on an environment: one of its own, or with `reuse` one that is up. What is learned goes into `found`.
 *
 * @param work what is done there instead of running the suites
 */
export async function runOnEnvironment(
  run: EnvironmentRun,
  work: (run: EnvironmentRun, mesh: EnvironmentHandle) => Promise<void> = runSuites,
): Promise<void> {
  const { options, output, controller, home, name, kind, found } = run;
  const { progress } = output;
  const wanted = environmentOptions(
    options,
    { kind, home, name, withDefaultRoutes: false },
    output,
    controller,
  );
  if (options.reuse === true) {
    await using mesh = await findEnvironment(wanted);
    await checkPatches(run, mesh.environment.bin, mesh.environment.images.services);
    // A mesh has one configuration at a time: two runs on it would pull it from under each other.
    const waiting = (pid: string) =>
      progress.note(`waiting for process ${pid}, which runs suites on "${name}"`);
    await exclusively(`mesh ${home} ${name}`, waiting, controller.signal, () => work(run, mesh));
    return;
  }
  const prepared = await prepareEnvironment(wanted);
  await checkPatches(run, prepared.bin, prepared.servicesImage);
  const mesh = await prepared.start();
  found.environment = mesh.environment;
  let keep = options.keep === true;
  try {
    await work(run, mesh);
  } catch (error) {
    keep = false;
    throw error;
  } finally {
    if (keep) {
      await mesh.detach();
      progress.note(`The mesh is left running; end it with "${mesh.endedBy}".`);
    } else {
      const activity = progress.begin(kind === 'cluster' ? 'Removing what was made' : 'Taking the mesh down');
      await mesh.remove();
      activity.done();
    }
  }
}

/** Before anything is started: a patch that fits nothing would silently prove nothing. */
async function checkPatches(
  { plan, patches }: EnvironmentRun,
  bin: string,
  servicesImage: string,
): Promise<void> {
  if (patches.length === 0) return;
  if (bin !== '') process.env.PATH = `${bin}:${process.env.PATH ?? ''}`;
  const configurations = new Configurations({
    configurations: plan.configurations,
    servicesImage,
    objects: [tlsSecret({ certificate: '', key: '', serial: '' })],
    patches: patches.flatMap((text) => parsePatches(text, 'a patch')),
  });
  await configurations.checkPatches([...new Set(plan.cases.map(({ configuration }) => configuration))]);
}

/** Runs the suites in a process that lives where the gateway is reached, and takes over what it found out. */
async function runSuites(run: EnvironmentRun, mesh: EnvironmentHandle): Promise<void> {
  const { options, patches, knownFailing, plan, prove } = run;
  await workInside<InsideRequest>(run, mesh, 'run-inside', {
    cases: plan.cases.map((each) => each.name),
    session: sessionOf(run, mesh, options.tap === true, patches),
    ...(prove && { prove }),
    ...(options.shuffle === undefined ? {} : { shuffle: seedOf(options.shuffle) }),
    ...(plan.config === undefined ? {} : { config: plan.config }),
    knownFailing,
  });
}

/** What the inner half opens its session with. */
export const sessionOf = (
  { options }: EnvironmentRun,
  { environment }: EnvironmentHandle,
  tapped: boolean,
  patches: readonly string[],
): InsideRequest['session'] => ({ environment, results: resolve(options.out), patches, tapped });

/**
 * Runs one of the hidden commands where the gateway is reached. It reads its request from a file and leaves its outcome
 * as another, which goes into `found`.
 */
export async function workInside<Request extends { readonly outcomeFile: string }>(
  run: EnvironmentRun,
  mesh: EnvironmentHandle,
  hiddenCommand: 'run-inside' | 'reproduce-inside',
  wanted: Omit<Request, 'outcomeFile'>,
): Promise<void> {
  const { options, controller, found } = run;
  const { signal } = controller;
  const { environment } = mesh;
  found.environment = environment;
  const results = resolve(options.out);
  for (const old of ['evidence', 'records', 'frames'])
    await rm(join(results, old), { recursive: true, force: true });
  const script: [string, string] = ['src/cli/main.ts', hiddenCommand];
  const half = runHalfInside<Request, InsideOutcome>(mesh, mesh.run, script, wanted, signal);
  let good = false;
  try {
    const { outcome } = await Promise.race([half, aborted(signal)]);
    signal.throwIfAborted();
    if (outcome === undefined) throw new SetupError('the suites ended without a result');
    found.outcome = outcome;
    good = outcome.problems.length === 0 && outcome.results.every((each) => isGood(each.outcome));
  } finally {
    if (!good && !signal.aborted) await exportKindLogs(mesh);
    // A mesh that stays may be used again at once: by then nobody may be working on it.
    if (signal.aborted && options.reuse === true)
      await Promise.race([half.catch(() => undefined), delay(TIMEOUTS.innerHalfEnds, undefined)]);
    // The mesh takes its logs with it; the report's reader may want them.
    const logs = join(results, 'logs');
    await rm(logs, { recursive: true, force: true });
    await cp(environment.logs, logs, { recursive: true }).catch(() => undefined);
  }
}

const isGood = (outcome: CaseResult['outcome']) => outcome !== 'failed' && outcome !== 'could-not-run';

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
