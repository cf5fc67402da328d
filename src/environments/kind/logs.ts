import { execa } from 'execa';
import { TIMEOUTS } from '../../timeouts.ts';
import { type EnvironmentHandle, environmentVariables } from '../handle.ts';
import { exportLogsCommand } from './docker.ts';

/** Adds what kind collects of a cluster to its mesh's logs; nothing for other environments. */
export async function exportKindLogs({ environment, inside }: EnvironmentHandle): Promise<void> {
  if (environment.kind !== 'kind') return;
  const command = exportLogsCommand(environment.name, environment.logs);
  const [program = '', ...args] = inside(command);
  await execa(program, args, {
    reject: false,
    timeout: TIMEOUTS.teardown,
    env: environmentVariables(environment),
  });
}
