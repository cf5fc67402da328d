import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HarnessError, InterruptedError, SetupError, messageOf } from '../errors.ts';
import type { Activity, Progress } from '../progress.ts';
import { withDependencies, type Artefact, type BuildContext } from './artefact.ts';
import { inspect, lastUse, seal, touch, type Condition, type Facts } from './manifest.ts';

export interface CacheOptions {
  readonly home: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** The finished artefacts of one call. */
export interface Prepared {
  folderOf(artefact: Artefact): string;
  factsOf(artefact: Artefact): Facts;
}

/** Builds that keep every core busy run two at a time: one fills the other's single-threaded linking. */
const HEAVY_AT_ONCE = 2;
const LIGHT_AT_ONCE = 4;

/** Folder of an artefact in the cache. */
function folderIn(home: string, artefact: Artefact): string {
  return join(home, artefact.room, `${artefact.name}-${artefact.key}`);
}

/** What is in the cache of the wanted artefacts and all that they depend on. */
class Survey {
  readonly #conditions: ReadonlyMap<Artefact, Condition>;

  constructor(conditions: ReadonlyMap<Artefact, Condition>) {
    this.#conditions = conditions;
  }

  /** Artefacts that must be built, with what is wrong with them; empty for one that was never built. */
  get missing(): ReadonlyMap<Artefact, string> {
    const missing = new Map<Artefact, string>();
    for (const [artefact, condition] of this.#conditions)
      if (!condition.intact) missing.set(artefact, condition.damage);
    return missing;
  }

  /** The facts of the artefacts that are there. */
  get facts(): Map<Artefact, Facts> {
    const facts = new Map<Artefact, Facts>();
    for (const [artefact, condition] of this.#conditions)
      if (condition.intact) facts.set(artefact, condition.facts);
    return facts;
  }
}

/** Looks what is there; it changes nothing and takes milliseconds. */
async function survey(home: string, wanted: readonly Artefact[]): Promise<Survey> {
  const all = withDependencies(wanted);
  const found = await Promise.all(
    all.map(async (artefact) => [artefact, await inspect(folderIn(home, artefact))] as const),
  );
  return new Survey(new Map(found));
}

/** The wanted artefacts when every one of them is in the cache and intact, else nothing. */
export async function findPrepared(home: string, wanted: readonly Artefact[]): Promise<Prepared | undefined> {
  const found = await survey(home, wanted);
  if (found.missing.size > 0) return undefined;
  await markUsed(home, withDependencies(wanted));
  return preparedFrom(home, found.facts);
}

function preparedFrom(home: string, facts: ReadonlyMap<Artefact, Facts>): Prepared {
  return {
    folderOf: (artefact) => folderIn(home, artefact),
    factsOf: (artefact) => facts.get(artefact) ?? {},
  };
}

async function markUsed(home: string, artefacts: readonly Artefact[]): Promise<void> {
  await Promise.all(artefacts.map((artefact) => touch(folderIn(home, artefact))));
}

/**
 * Makes sure that every wanted artefact is in the cache and intact: what is missing or damaged is built, several
 * at a time, each as soon as what it depends on is there. Whatever gets finished stays, so that a run after an
 * interruption goes on from there. Only one process may do this per cache folder: see `exclusively`.
 *
 * @throws SetupError when a build fails; builds under way are ended first
 */
export async function prepare(wanted: readonly Artefact[], options: CacheOptions): Promise<Prepared> {
  const { home, progress } = options;
  await sweepPartials(home);
  const found = await survey(home, wanted);
  const { missing, facts } = found;
  for (const [artefact, damage] of missing)
    if (damage !== '')
      progress.note(`${artefact.name} in the cache is damaged (${damage}) and is built again`);

  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const heavy = limiter(HEAVY_AT_ONCE);
  const light = limiter(LIGHT_AT_ONCE);
  const counter = new Counter(missing.size);
  const prepared = preparedFrom(home, facts);
  const tasks = new Map<Artefact, Promise<void>>();
  const ensure = async (artefact: Artefact): Promise<void> => {
    for (const dependency of artefact.dependsOn) await tasks.get(dependency);
    if (!missing.has(artefact)) return;
    await (artefact.heavy ? heavy : light)(async () => {
      signal.throwIfAborted();
      facts.set(artefact, await buildOne(artefact, prepared, { ...options, signal }, counter));
    });
  };
  for (const artefact of withDependencies(wanted)) {
    // A failure ends the other builds, and is the one that is reported: theirs only follow from it.
    const task = ensure(artefact).catch((error: unknown) => {
      if (!failed.signal.aborted) failed.abort(error);
      throw error;
    });
    task.catch(() => undefined);
    tasks.set(artefact, task);
  }
  await Promise.allSettled(tasks.values());
  if (options.signal.aborted) {
    const reason: unknown = options.signal.reason;
    if (reason instanceof HarnessError) throw reason;
    throw new InterruptedError('interrupted while preparing the toolchain; what is finished is kept');
  }
  if (failed.signal.aborted) throw failed.signal.reason;
  await markUsed(home, withDependencies(wanted));
  await prune(home, [...missing.keys()]);
  return prepared;
}

async function buildOne(
  artefact: Artefact,
  prepared: Prepared,
  options: CacheOptions,
  counter: Counter,
): Promise<Facts> {
  const final = prepared.folderOf(artefact);
  const partial = `${final}.partial-${process.pid}`;
  const logs = join(options.home, 'logs');
  const logFile = join(logs, `${artefact.name}.log`);
  const context: BuildContext = { ...prepared, signal: options.signal, logFile };
  const activity = options.progress.begin(artefact.name);
  counter.add(activity);
  try {
    await mkdir(logs, { recursive: true });
    await rm(logFile, { force: true });
    // Left by a killed process whose id has come round again.
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    const facts = await artefact.build(partial, context);
    await seal(partial, facts, artefact.clonedFrom && prepared.folderOf(artefact.clonedFrom));
    await rm(final, { recursive: true, force: true });
    await rename(partial, final);
    counter.done(activity);
    activity.done();
    return facts;
  } catch (error) {
    counter.done(activity);
    activity.failed(options.signal.aborted ? 'ended' : (messageOf(error).split('\n')[0] ?? ''));
    await rm(partial, { recursive: true, force: true });
    throw explain(error, artefact, options.home);
  }
}

function explain(error: unknown, artefact: Artefact, home: string): unknown {
  if (error instanceof HarnessError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  const hints: Record<string, string> = {
    ENOSPC: `The disk of ${home} is full: free some space, or set MESHPROOF_HOME to a folder elsewhere, and run again; what is done is kept.`,
    EDQUOT: `The disk quota for ${home} is used up: free some space and run again; what is done is kept.`,
    EACCES: `Make ${home} writable, or set MESHPROOF_HOME to a folder that is.`,
    EROFS: `Set MESHPROOF_HOME to a folder that can be written.`,
  };
  return new SetupError(`building ${artefact.name} failed: ${messageOf(error)}`, {
    hint: (code === undefined ? undefined : hints[code]) ?? '',
    cause: error,
  });
}

/** Tells every activity under way how many artefacts remain. */
class Counter {
  readonly #open = new Set<Activity>();
  #remaining: number;

  constructor(total: number) {
    this.#remaining = total;
  }

  add(activity: Activity): void {
    this.#open.add(activity);
    this.#tell();
  }

  done(activity: Activity): void {
    this.#open.delete(activity);
    this.#remaining--;
    this.#tell();
  }

  #tell(): void {
    for (const activity of this.#open) activity.detail(`${this.#remaining} to go`);
  }
}

/** Runs at most `limit` works at a time, in the order in which they came. */
function limiter(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = limit;
  const queue: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => queue.push(resolve));
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next) next();
      else free++;
    }
  };
}

/** Removes what builders left behind that were killed. */
async function sweepPartials(home: string): Promise<void> {
  for (const room of ['toolchain', 'store']) {
    for (const name of await readdir(join(home, room)).catch(() => [])) {
      const pid = /\.partial-(\d+)$/.exec(name)?.[1];
      if (pid !== undefined && !isAlive(Number(pid)))
        await rm(join(home, room, name), { recursive: true, force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes all but the newest versions of the artefacts that have just got a new one. */
async function prune(home: string, built: readonly Artefact[]): Promise<void> {
  for (const { name, room, keep } of built) {
    const versions = (await readdir(join(home, room)))
      .filter((entry) => entry.slice(0, -13) === name && /-[0-9a-f]{12}$/.test(entry))
      .map((entry) => join(home, room, entry));
    const uses = await Promise.all(versions.map(async (folder) => ({ folder, used: await lastUse(folder) })));
    uses.sort((one, other) => other.used - one.used);
    for (const { folder } of uses.slice(keep)) await rm(folder, { recursive: true, force: true });
  }
}
