import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { type EnvironmentHandle, environmentVariables } from '../environments/handle.ts';
import { EXIT } from '../errors.ts';

/**
 * Runs a command inside an environment as if it had been typed there: same terminal, its exit code is the result.
 * 127 when there is no such command, as shells say it.
 *
 * @param lifetime for a command of ours: when it aborts, and when this process is gone, that command is asked to end
 * @param temporary where that command makes its temporary files, so that they go with the environment
 */
export async function runInside(
  { environment, inside }: EnvironmentHandle,
  command: readonly string[],
  lifetime?: AbortSignal,
  temporary?: string,
): Promise<number> {
  const [program = '', ...args] = inside(command);
  const child = spawn(program, args, {
    stdio: ['inherit', 'inherit', 'inherit', ...(lifetime === undefined ? [] : (['ipc'] as const))],
    env: {
      ...process.env,
      ...environmentVariables(environment),
      ...(temporary === undefined ? {} : { TMPDIR: temporary }),
    },
  });
  const letGo = () => {
    if (child.connected) child.disconnect();
  };
  lifetime?.addEventListener('abort', letGo, { once: true });
  if (lifetime?.aborted === true) letGo();
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.once('error', () => resolve(EXIT.couldNotRun));
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}
