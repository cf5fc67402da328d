import { EXIT, HarnessError, InterruptedError } from '../errors.ts';
import { Screen, type Terminal, paint, terminalOf } from './screen.ts';

/** Standard output is for what was asked for; everything said on the way goes to standard error. */
export interface Output {
  readonly out: Terminal;
  readonly err: Terminal;
  readonly progress: Screen;
}

export function processOutput(): Output {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', leaveEarlyReadersBe);
  const out = terminalOf(process.stdout);
  const err = terminalOf(process.stderr);
  return { out, err, progress: new Screen(err) };
}

/** A reader that has seen enough (`| head`) is no fault: what else is written goes nowhere, and the verdict stays. */
function leaveEarlyReadersBe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

export function printJson(output: Output, value: unknown): void {
  output.out.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/**
 * Says what went wrong and returns the exit code for it. A {@link HarnessError} is the user's to solve and has
 * no stack trace; anything else is a defect of meshproof and keeps it.
 */
export function explain(error: unknown, output: Output): number {
  const { err } = output;
  if (error instanceof InterruptedError) {
    err.write(`${paint(err, 'yellow', 'meshproof:')} ${error.message}\n`);
    return EXIT.interrupted;
  }
  if (error instanceof HarnessError) {
    err.write(`${paint(err, 'red', 'meshproof:')} ${error.message}\n`);
    for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
      err.write(`  because: ${cause.message}\n`);
    }
    if (error.hint) err.write(`  ${error.hint}\n`);
    return EXIT.couldNotRun;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  err.write(`${paint(err, 'red', 'meshproof: this is a defect of meshproof itself:')}\n${text}\n`);
  return EXIT.couldNotRun;
}
