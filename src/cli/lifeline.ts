import { readFileSync } from 'node:fs';
import { EXIT, InterruptedError } from '../errors.ts';

interface Ancestor {
  readonly pid: number;
  readonly startTime: string;
}

function stat(pid: number): { parent: number; startTime: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), startTime: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

/**
 * The processes this command was started by and would be orphaned without: the launcher and, under
 * `npm run`, everything up to npm itself.
 */
function ancestors(): Ancestor[] {
  const found: Ancestor[] = [];
  let pid = process.ppid;
  const underNpm = process.env.npm_lifecycle_event !== undefined;
  for (let depth = 0; depth < 5 && pid > 1; depth++) {
    const known = stat(pid);
    if (!known) break;
    found.push({ pid, startTime: known.startTime });
    const title = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    if (!underNpm || /^npm |\/npm(-cli\.js)? /.test(title)) return found;
    pid = known.parent;
  }
  return found.slice(0, 1);
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
  if (process.platform === 'linux') {
    const watched = ancestors();
    const timer = setInterval(() => {
      const gone = watched.find((ancestor) => stat(ancestor.pid)?.startTime !== ancestor.startTime);
      if (gone) {
        clearInterval(timer);
        stop(`the process that started this one (${gone.pid}) is gone`);
      }
    }, WATCH_MS);
    timer.unref();
  }
  return controller;
}
