import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HarnessError } from '../../errors.ts';
import { ComponentDiedError, SetupError } from '../../errors.ts';
import { THIS_NODE } from '../../paths.ts';
import type { Activity, Progress } from '../../progress.ts';
import { TIMEOUTS } from '../../timeouts.ts';
import { done, notYet, waitFor } from '../../waiting.ts';
import type { Environment } from '../environment.ts';
import type { StartedEnvironment } from '../handle.ts';
import { clusterName } from '../kind/docker.ts';
import { readSysctls } from '../kind/sysctls.ts';
import type { MeshRequest } from '../request.ts';
import { lastLines } from './component.ts';
import { type ProcessIdentity, identify } from './processes.ts';
import {
  type CommandMessage,
  type MeshSetup,
  type SupervisorMessage,
  type SupervisorSettings,
  hasNamespaces,
} from './protocol.ts';
import type { MeshEntry, MeshFolder } from './registry.ts';
import { claimMesh, listMeshes, removeMesh } from './registry.ts';
import { insideMesh, stays } from './running-mesh.ts';

/**
 * First process of the mesh's namespaces: starts the supervisor and, while waiting for it, reaps whatever is
 * orphaned to it (containerd's shims fork twice).
 */
const INIT = ['sh', '-c', '"$@" & wait $!', 'meshproof-init'];

const UNSHARE = [
  'unshare',
  ...['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--'],
] as const;

export interface StartOptions {
  readonly home: string;
  readonly name: string;
  readonly setup: MeshSetup;
  readonly request: MeshRequest;
  readonly withDefaultRoutes: boolean;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Called when the mesh breaks after it was ready. */
  readonly onBroken: (error: HarnessError) => void;
}

function revive(message: Extract<SupervisorMessage, { type: 'problem' }>): HarnessError {
  const error = new SetupError(message.message, { hint: message.hint });
  if (message.name === ComponentDiedError.name) error.name = message.name;
  return error;
}

/** The only child of `unshare --fork` is the namespaces' first process. */
async function findInit(unshare: ChildProcess, signal: AbortSignal): Promise<ProcessIdentity> {
  const pid = unshare.pid;
  if (pid === undefined) throw new SetupError('unshare could not be started');
  return waitFor(
    {
      subject: 'new namespaces',
      deadlineMs: TIMEOUTS.singleTry,
      intervalMs: 5,
      signal,
      isFinal: () => unshare.exitCode !== null,
    },
    async () => {
      if (unshare.exitCode !== null) throw new SetupError('unshare ended at once');
      const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
      const child = Number(children.trim().split(' ')[0]);
      const identity = child > 0 ? await identify(child) : undefined;
      return identity ? done(identity) : notYet('unshare has not forked yet');
    },
  );
}

/**
 * Brings a mesh up in namespaces of its own.
 *
 * @throws UsageError when the name is taken
 * @throws SetupError when it does not come up; everything it made is gone again by then
 */
export async function startMesh(options: StartOptions): Promise<StartedEnvironment> {
  const { home, name, progress } = options;
  const folder = await claimMesh(home, name, await sharedWithMachine(options));
  let isWanted = true;
  const remove = () => {
    isWanted = false;
    return removeMesh(home, name);
  };
  const onBroken: StartOptions['onBroken'] = (error) => {
    // A mesh that is removed ends as one that breaks does.
    if (isWanted) options.onBroken(error);
  };
  try {
    const environment = await launch({ ...options, onBroken }, folder);
    return {
      environment: environment.value,
      run: folder.run,
      inside: (command) => insideMesh(environment.init, command),
      [Symbol.asyncDispose]: stays,
      detach: () =>
        new Promise<void>((resolve, reject) => {
          const message: CommandMessage = { type: 'detach' };
          const { child } = environment;
          child.on('message', (answer: SupervisorMessage) => {
            if (answer.type !== 'detached') return;
            child.disconnect();
            child.unref();
            resolve();
          });
          child.send(message, (error) => {
            if (error) reject(new SetupError('the mesh could not be left running', { cause: error }));
          });
        }),
      endedBy: `meshproof down --name ${name}`,
      remove,
    };
  } catch (error) {
    const kept = await keepLogs(home, folder);
    const activity = progress.begin('Cleaning up');
    await remove().then(
      () => activity.done(),
      (trouble: unknown) => activity.failed(String(trouble)),
    );
    throw relocated(error, folder.logs, kept);
  }
}

/** What namespaces do not keep to a mesh, so that whoever removes it knows. */
async function sharedWithMachine(options: StartOptions): Promise<Pick<MeshEntry, 'cluster' | 'sysctls'>> {
  const { home, name, setup } = options;
  if (!hasNamespaces(setup)) return { cluster: clusterName(name) };
  if (setup.kind === 'local' || setup.toolchain.source === 'built') return {};
  // A mesh that is there already has changed them: what it found is what the machine had.
  const before = (await listMeshes(home)).find(({ entry }) => entry.sysctls !== undefined);
  return { sysctls: before?.entry.sysctls ?? (await readSysctls()) };
}

/** The logs of a mesh that did not come up outlive it, until the next one does not. */
async function keepLogs(home: string, folder: MeshFolder): Promise<string> {
  const kept = join(home, 'logs', 'last-failed-mesh');
  await mkdir(join(home, 'logs'), { recursive: true });
  await rm(kept, { recursive: true, force: true });
  await rename(folder.logs, kept).catch(() => undefined);
  return kept;
}

/** The error with the paths under which its logs are now. */
function relocated(error: unknown, from: string, to: string): unknown {
  if (!(error instanceof SetupError) || !error.hint.includes(from)) return error;
  const moved = new SetupError(error.message, { hint: error.hint.replaceAll(from, to), cause: error.cause });
  moved.name = error.name;
  return moved;
}

async function launch(
  options: StartOptions,
  folder: MeshFolder,
): Promise<{ value: Environment; child: ChildProcess; init: ProcessIdentity }> {
  const settings: SupervisorSettings = {
    ...options.setup,
    home: options.home,
    name: options.name,
    cgroup: `meshproof-${options.name}`,
    request: options.request,
    withDefaultRoutes: options.withDefaultRoutes,
  };
  const settingsFile = join(folder.run, 'settings.json');
  await writeFile(settingsFile, JSON.stringify(settings));
  const logFile = join(folder.logs, 'supervisor.log');
  const log = await open(logFile, 'a');
  const supervisor = [...THIS_NODE, join(import.meta.dirname, 'supervisor.ts'), settingsFile];
  const namespaces = hasNamespaces(options.setup);
  const [program = '', ...args] = namespaces ? [...UNSHARE, ...INIT, ...supervisor] : supervisor;
  const child = spawn(program, args, {
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
    // A session of its own: Ctrl-C goes to the command, which then ends the mesh in an orderly way.
    detached: true,
    serialization: 'json',
  });
  const activities = new Map<number, Activity>();
  let broken: ((error: HarnessError) => void) | undefined;
  const value = new Promise<Environment>((resolve, reject) => {
    const fail = (error: HarnessError) => {
      reject(error);
      broken?.(error);
    };
    child.on('message', (message: SupervisorMessage) => {
      switch (message.type) {
        case 'begin':
          activities.set(message.id, options.progress.begin(message.title));
          break;
        case 'detail':
          activities.get(message.id)?.detail(message.text);
          break;
        case 'end': {
          const activity = activities.get(message.id);
          if (message.failed === undefined) activity?.done();
          else activity?.failed(message.failed);
          activities.delete(message.id);
          break;
        }
        case 'note':
          options.progress.note(message.text);
          break;
        case 'ready':
          resolve(message.environment);
          broken = options.onBroken;
          break;
        case 'problem':
          fail(revive(message));
          break;
        case 'detached':
          break;
      }
    });
    child.once('error', (error) => {
      fail(
        new SetupError('the namespaces of the mesh could not be made', {
          cause: error,
          hint: 'Is util-linux installed? Run "meshproof doctor".',
        }),
      );
    });
    child.once('exit', () => {
      void lastLines(logFile).then((lines) => fail(endedAtOnce(lines)));
    });
    options.signal.addEventListener('abort', () => reject(options.signal.reason as Error), { once: true });
  });
  value.catch(() => undefined);
  // Not before somebody listens: a program that fails at once has ended by then.
  await log.close();
  const found = namespaces ? findInit(child, options.signal) : identify(child.pid ?? 0);
  const init = await Promise.race([
    found.catch(async (error: unknown) => {
      // Why it ended stands in its log, and is on its way.
      if (child.exitCode !== null) await value;
      throw error;
    }),
    value.then(() => undefined),
  ]);
  if (!init) throw new SetupError('the mesh came up without namespaces of its own');
  await folder.update({ init });
  return { value: await value, child, init };
}

function endedAtOnce(lines: readonly string[]): SetupError {
  const refused = lines.find((line) => line.startsWith('unshare:'));
  if (refused !== undefined) {
    return new SetupError(`this machine makes no new namespaces, which a local mesh lives in (${refused})`, {
      hint: 'In a container, run it with --privileged; or use --env kind or --env cluster.',
    });
  }
  return new SetupError(`the mesh ended unexpectedly:\n${lines.map((line) => `    ${line}`).join('\n')}`, {
    hint: 'Run "meshproof doctor" to see what this machine lacks.',
  });
}
