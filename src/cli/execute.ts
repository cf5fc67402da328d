import { lifeline } from './lifeline.ts';
import { type Output, explain } from './output.ts';

/** Runs a command's implementation with everything it needs, and ends the process; the result is the exit code. */
export async function execute(
  output: Output,
  work: (controller: AbortController) => Promise<number>,
): Promise<void> {
  const controller = lifeline();
  try {
    process.exitCode = await work(controller);
  } catch (error) {
    process.exitCode = explain(controller.signal.aborted ? controller.signal.reason : error, output);
  }
  // What a slow reader of a pipe has not taken yet would be lost with the process.
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))),
  );
  // A forgotten handle must not keep a finished command alive.
  process.exit();
}
