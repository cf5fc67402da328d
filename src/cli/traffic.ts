import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { EnvironmentHandle } from '../environments/handle.ts';
import { findEnvironment, prepareEnvironment } from '../environments/prepare.ts';
import { selectEnvironment } from '../environments/select.ts';
import { sweepMeshes } from '../environments/local/registry.ts';
import { EXIT, InterruptedError, SetupError, UsageError } from '../errors.ts';
import { exclusively } from '../exclusively.ts';
import { PROJECT_ROOT, meshproofHome } from '../paths.ts';
import { changeText, isGoodChange } from '../report/traffic/text.ts';
import { writeTrafficReport } from '../report/traffic/write.ts';
import type { Change } from '../traffic/change.ts';
import { DEFAULT_VOLUME, type TrafficVolume, checkVolume } from '../traffic/plan.ts';
import type { ChangeResult } from '../traffic/run-change.ts';
import { runHalfInside } from './half-inside.ts';
import { type MeshOptions, environmentOptions } from './mesh-options.ts';
import { type Output, printJson } from './output.ts';
import { meshName } from './run.ts';
import type { TrafficInsideRequest } from './traffic-inside.ts';

export interface TrafficOptions extends MeshOptions {
  readonly change?: string[];
  readonly list?: boolean;
  readonly prove?: boolean;
  readonly rate?: string;
  readonly streams?: string;
  readonly seed?: string;
  readonly name?: string;
  readonly out: string;
  readonly json?: boolean;
}

/** Every change that there is. By path and at run time, as the suites are loaded. */
export async function loadChanges(): Promise<readonly Change[]> {
  const file = join(PROJECT_ROOT, 'suites', 'changes', 'index.ts');
  return ((await import(pathToFileURL(file).href)) as { CHANGES: readonly Change[] }).CHANGES;
}

/** `meshproof traffic`: changes under live traffic, one after the other, and what became of every RPC. */
export async function traffic(
  options: TrafficOptions,
  output: Output,
  controller: AbortController,
): Promise<number> {
  const all = await loadChanges();
  if (options.list === true) {
    if (options.json === true) printJson(output, all);
    else for (const { name, title } of all) output.out.write(`${name.padEnd(22)} ${title}\n`);
    return EXIT.conformant;
  }
  const volume = volumeOf(options);
  const changes = chosen(options.change ?? [], all);
  const kind = selectEnvironment(options.env ?? 'local');
  const home = meshproofHome();
  await sweepMeshes(home);
  const name = meshName(options);
  const wanted = environmentOptions(
    options,
    { kind, home, name, withDefaultRoutes: false },
    output,
    controller,
  );
  const make = (mesh: EnvironmentHandle) =>
    makeChanges({ mesh, changes, volume, sabotaged: options.prove === true, output, controller });
  let made: MadeChanges;
  if (options.reuse === true) {
    await using mesh = await findEnvironment(wanted);
    const waiting = (pid: string) => output.progress.note(`waiting for process ${pid}, which uses "${name}"`);
    made = await exclusively(`mesh ${home} ${name}`, waiting, controller.signal, () => make(mesh));
  } else {
    const mesh = await (await prepareEnvironment(wanted)).start();
    try {
      made = await make(mesh);
    } finally {
      const activity = output.progress.begin('Taking the mesh down');
      await mesh.remove();
      activity.done();
    }
  }
  const { results, complete } = made;
  const files = await writeTrafficReport(results, resolve(options.out));
  if (options.json === true) printJson(output, results);
  else for (const result of results) output.out.write(changeText(result, output.out.colour));
  output.err.write(`Written to ${files.html} and ${files.json}\n`);
  if (!complete) return EXIT.couldNotRun;
  return results.every(isGoodChange) ? EXIT.conformant : EXIT.notConformant;
}

/** @throws UsageError for what is no volume */
export function volumeOf(options: Pick<TrafficOptions, 'rate' | 'streams' | 'seed'>): TrafficVolume {
  const of = (name: keyof TrafficVolume): number => {
    const text = options[name];
    return text === undefined ? DEFAULT_VOLUME[name] : text.trim() === '' ? NaN : Number(text);
  };
  const volume = { rate: of('rate'), streams: of('streams'), seed: of('seed') };
  checkVolume(volume);
  return volume;
}

function chosen(names: readonly string[], all: readonly Change[]): Change[] {
  if (names.length === 0)
    throw new UsageError('no change is named', {
      hint: 'Give --change NAME, once or several times; --list shows them all.',
    });
  return names.map((name) => {
    const found = all.find((each) => each.name === name);
    if (found !== undefined) return found;
    throw new UsageError(`there is no change called "${name}"`, {
      hint: `There are: ${all.map((each) => each.name).join(', ')}.`,
    });
  });
}

/** What is done to a mesh that is up. */
export interface ChangesOnMesh {
  readonly mesh: EnvironmentHandle;
  readonly changes: readonly Change[];
  readonly volume: TrafficVolume;
  readonly sabotaged: boolean;
  readonly output: Output;
  readonly controller: AbortController;
}

/** What came of them. */
export interface MadeChanges {
  readonly results: readonly ChangeResult[];
  /** Whether every one could be made. */
  readonly complete: boolean;
}

/**
 * Makes changes on a mesh, each in a process of its own that lives where the gateway is reached.
 *
 * @throws SetupError when none could be made
 */
export async function makeChanges(on: ChangesOnMesh): Promise<MadeChanges> {
  const { mesh, changes, volume, sabotaged, output, controller } = on;
  const results: ChangeResult[] = [];
  const problems: SetupError[] = [];
  for (const change of changes) {
    const missing = change.needs?.find((need) => !mesh.environment.capabilities.includes(need));
    if (missing !== undefined) {
      output.progress.note(`${change.name} is left out: the environment has no ${missing}`);
      continue;
    }
    try {
      results.push(await makeChange(mesh, { change, volume, sabotaged }, controller.signal));
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      // What the others have shown is worth having; that this one says nothing is said, and counts.
      output.progress.note(error.message);
      problems.push(error);
    }
  }
  const [problem] = problems;
  if (results.length === 0)
    throw problem ?? new SetupError('none of the changes can be made in this environment');
  return { results, complete: problem === undefined };
}

async function makeChange(
  mesh: EnvironmentHandle,
  what: Pick<TrafficInsideRequest, 'change' | 'volume' | 'sabotaged'>,
  signal: AbortSignal,
): Promise<ChangeResult> {
  const folder = join(mesh.run, 'traffic');
  await mkdir(folder, { recursive: true });
  const { code, outcome } = await runHalfInside<TrafficInsideRequest, ChangeResult>(
    mesh,
    folder,
    ['src/cli/main.ts', 'traffic-inside'],
    { ...what, environment: mesh.environment, results: folder },
    signal,
  );
  signal.throwIfAborted();
  if (code === EXIT.interrupted) throw new InterruptedError('interrupted while traffic was under way');
  if (outcome === undefined) throw new SetupError(`the change "${what.change.name}" could not be made`);
  return outcome;
}
