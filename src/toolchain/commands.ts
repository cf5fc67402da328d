import { createWriteStream, existsSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { execa } from 'execa';
import { InterruptedError, SetupError } from '../errors.ts';
import { TIMEOUTS } from '../timeouts.ts';

export interface CommandOptions {
  /** What the command is for, as an error will say it: "building istio". */
  readonly purpose: string;
  readonly signal: AbortSignal;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** File that gets both output streams, with the command line before them. */
  readonly logFile?: string;
  /** Text for the command's standard input; it has none otherwise. */
  readonly input?: string;
}

/** How many of a failed command's last lines its error shows. */
const SHOWN_LINES = 12;

const SETPRIV = '/usr/bin/setpriv';

/**
 * Runs a command to its end and gives its standard output. It runs in a process group of its own, which an
 * abort ends as a whole (a build has children), and dies with this process where the kernel can promise that.
 *
 * @throws SetupError when it cannot be started or fails, with its last lines and what is known to help
 * @throws InterruptedError when `signal` aborts
 */
export async function run(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<string> {
  options.signal.throwIfAborted();
  const tied = existsSync(SETPRIV)
    ? { file: SETPRIV, args: ['--pdeathsig', 'KILL', '--', command, ...args] }
    : { file: command, args: [...args] };
  const child = execa(tied.file, tied.args, {
    detached: true,
    reject: false,
    all: true,
    stdin: options.input === undefined ? 'ignore' : 'pipe',
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { LC_ALL: 'C.UTF-8', ...options.env },
  });
  const endGroup = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // The whole group has ended already.
    }
  };
  let grace: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    endGroup('SIGTERM');
    grace = setTimeout(() => endGroup('SIGKILL'), TIMEOUTS.commandGrace);
  };
  options.signal.addEventListener('abort', onAbort, { once: true });
  const log = options.logFile === undefined ? undefined : createWriteStream(options.logFile, { flags: 'a' });
  // A full disk must not fail the command twice over: its own error says it better.
  log?.on('error', () => undefined);
  if (log) {
    log.write(`$ ${[command, ...args].join(' ')}\n`);
    child.all.pipe(log, { end: false });
  }
  try {
    const result = await child;
    if (options.signal.aborted) throw interrupted(options);
    if (result.failed) throw failure(command, options, result);
    return result.stdout;
  } finally {
    options.signal.removeEventListener('abort', onAbort);
    clearTimeout(grace);
    if (options.signal.aborted) endGroup('SIGKILL');
    if (log && !log.destroyed) {
      log.end();
      await finished(log).catch(() => undefined);
    }
  }
}

function interrupted(options: CommandOptions): Error {
  const reason: unknown = options.signal.reason;
  if (reason instanceof InterruptedError) return reason;
  return new InterruptedError(`interrupted while ${options.purpose}`, { cause: reason });
}

interface Outcome {
  readonly all?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly code?: string | undefined;
  readonly originalMessage?: string | undefined;
}

function failure(command: string, options: CommandOptions, outcome: Outcome): SetupError {
  const output = (outcome.all ?? '').trimEnd();
  const missing = outcome.code === 'ENOENT' || (outcome.exitCode === 127 && output.includes('No such file'));
  if (missing) {
    return new SetupError(`${options.purpose}: the command ${command} is missing`, {
      hint: 'Run "meshproof doctor": it names the command that installs it.',
    });
  }
  const how = outcome.signal
    ? `was ended by ${outcome.signal}`
    : `ended with ${String(outcome.exitCode ?? outcome.code)}`;
  const lines =
    output === '' ? [outcome.originalMessage ?? 'no output'] : output.split('\n').slice(-SHOWN_LINES);
  const log = options.logFile === undefined ? '' : ` The whole output is in ${options.logFile}.`;
  return new SetupError(
    `${options.purpose}: ${command} ${how}. Its last lines:\n${lines.map((line) => `    ${line}`).join('\n')}`,
    { hint: `${hintFor(output)}${log}`.trim() },
  );
}

/** What usually stands behind a failed download or build, told by its output. */
const KNOWN_CAUSES: readonly { readonly pattern: RegExp; readonly hint: string }[] = [
  {
    pattern: /no space left on device|ENOSPC|disk quota exceeded/i,
    hint: 'The disk is full: free some space and run again; what is done is kept.',
  },
  {
    pattern: /from versions: \d/,
    hint: 'The package index does not have this version: choose one of those that it lists.',
  },
  {
    pattern:
      /no such host|could not resolve|name or service not known|temporary failure|network is unreachable|connection refused|connection timed out|i\/o timeout|no matching distribution|TLS handshake timeout/i,
    hint: 'There is no network, or no package registry answered: check GOPROXY, the pip configuration and the apt sources, then run again; what is done is kept.',
  },
  {
    pattern: /signal: killed|out of memory|cannot allocate memory/i,
    hint: 'Memory ran out: end other programs and run again; what is done is kept.',
  },
];

function hintFor(output: string): string {
  return KNOWN_CAUSES.find(({ pattern }) => pattern.test(output))?.hint ?? '';
}
