/**
 * The errors a user may meet. Each says what happened, to what, and what to do next; the command line prints
 * `message` and `hint` and never a stack trace for them.
 */

/** What a process exit code of this project means. */
export const EXIT = {
  /** Everything planned ran and conforms. */
  conformant: 0,
  /** Something ran and does not conform. */
  notConformant: 1,
  /** Something could not be run: bad input, missing requirement, broken environment. */
  couldNotRun: 2,
  /** Ended by SIGINT, as shells report it (128 + 2). */
  interrupted: 130,
} as const;

/** Base of all errors this project throws on purpose. */
export class HarnessError extends Error {
  /** One sentence: what the user can do about it. Empty when there is nothing to do. */
  readonly hint: string;

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint ?? '';
  }
}

/** The command line or a file handed in by the user is not usable as it stands. */
export class UsageError extends HarnessError {}

/** Something the harness needs is missing or could not be made: a tool, a privilege, a mesh. */
export class SetupError extends HarnessError {}

/** The API server, or an admission webhook, refused an object. `field` is empty when it named none. */
export class RefusedError extends HarnessError {
  readonly object: string;
  readonly reason: string;

  constructor(object: string, reason: string, cause?: unknown) {
    super(`${object} was refused: ${reason}`, { hint: 'Correct the named field and run again.', cause });
    this.object = object;
    this.reason = reason;
  }
}

/** A wait reached its deadline. */
export class WaitTimeoutError extends HarnessError {
  readonly subject: string;
  readonly elapsedMs: number;
  readonly attempts: number;
  readonly last: string;

  constructor(subject: string, elapsedMs: number, attempts: number, last: string, cause?: unknown) {
    super(
      `waited ${(elapsedMs / 1000).toFixed(1)} s (${attempts} ${attempts === 1 ? 'try' : 'tries'}) for ${subject}; last seen: ${last}`,
      { cause },
    );
    this.subject = subject;
    this.elapsedMs = elapsedMs;
    this.attempts = attempts;
    this.last = last;
  }
}

/** A long-running component of an environment ended although nobody asked it to. */
export class ComponentDiedError extends HarnessError {
  readonly component: string;

  constructor(component: string, how: string, lastLines: readonly string[], logFile: string) {
    super(`${component} ${how}. Its last lines:\n${lastLines.map((line) => `    ${line}`).join('\n')}`, {
      hint: `The whole log is in ${logFile}.`,
    });
    this.component = component;
  }
}

/** Ended because the user, or the process that started this one, went away. */
export class InterruptedError extends HarnessError {}

/** The text of any thrown value, with its causes, on one line. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : ` (${messageOf(error.cause)})`;
  return `${error.message}${cause}`;
}
