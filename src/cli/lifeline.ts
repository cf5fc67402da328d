import { readFile } from 'node:fs/promises';
import { type ProcessIdentity, isAlive, readStat } from '../environments/local/processes.ts';
import { EXIT, InterruptedError } from '../errors.ts';

/**
 * The processes this command was started by and would be orphaned without: the launcher and, under
 * `npm run`, everything up to npm itself.
 */
async function ancestors(): Promise<ProcessIdentity[]> {
  const found: ProcessIdentity[] = [];
  let pid = process.ppid;
  const underNpm = process.env.npm_lifecycle_event !== undefined;
  for (let depth = 0; depth < 5 && pid > 1; depth++) {
    const known = await readStat(pid);
    if (!known) break;
    found.push({ pid, startTime: known.startTime });
    const title = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!underNpm || /^npm |\/npm(-cli\.js)? /.test(title.replaceAll('\0', ' '))) return found;
    pid = known.parent;
  }
  return found.slice(0, 1);
}

/** Calls `orphaned` with the first ancestor that is gone. Never keeps the process alive. */
async function watchAncestors(orphaned: (ancestor: ProcessIdentity) => void): Promise<void> {
  const watched = await ancestors();
  const timer = setInterval(() => {
    void Promise.all(watched.map(isAlive)).then((alive) => {
      const gone = watched.find((_, index) => alive[index] === false);
      if (!gone) return;
      clearInterval(timer);
      orphaned(gone);
    });
  }, WATCH_MS);
  timer.unref();
}

/** How often orphanhood is looked for. The kernel tells nobody when a process's grandparent is killed. */
const WATCH_MS = 500;

/** One Ctrl-C may arrive twice: from the terminal, and handed on by the launcher or by npm. */
const ECHO_MS = 1_000;

/**
 * Aborts when the user presses Ctrl-C, when the process is asked to end, or when the one that started it is
 * killed. A second Ctrl-C ends the process at once, so that a hanging clean-up can be ended too.
 */
export function lifeline(): AbortController {
  const controller = new AbortController();
  const stop = (why: string) => controller.abort(new InterruptedError(why));
  let first: number | undefined;
  process.on('SIGINT', () => {
    const now = performance.now();
    if (first !== undefined && now - first > ECHO_MS) process.exit(EXIT.interrupted);
    first ??= now;
    stop('interrupted');
  });
  process.once('SIGTERM', () => stop('asked to end (SIGTERM)'));
  process.once('SIGHUP', () => stop('the terminal was closed'));
  if (process.connected) {
    // In a process namespace of a mesh nobody who started it can be seen: then a channel is what it hangs by.
    process.channel?.unref();
    process.once('disconnect', () => stop('the process that started this one is gone'));
  }
  if (process.platform === 'linux') {
    void watchAncestors(({ pid }) => stop(`the process that started this one (${pid}) is gone`));
  }
  return controller;
}
