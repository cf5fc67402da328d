import { execa } from 'execa';
import { TIMEOUTS } from '../../timeouts.ts';
import type { Environment } from '../environment.ts';
import { environmentVariables, insideMesh } from '../local/launch.ts';
import type { ProcessIdentity } from '../local/processes.ts';
import { exportLogsCommand } from './docker.ts';

/** Adds what kind collects of a cluster to its mesh's logs; nothing for other environments. */
export async function exportKindLogs(environment: Environment, init: ProcessIdentity): Promise<void> {
  if (environment.kind !== 'kind') return;
  const command = exportLogsCommand(environment.name, environment.logs);
  const [program = '', ...args] = insideMesh(init, command);
  await execa(program, args, {
    reject: false,
    timeout: TIMEOUTS.teardown,
    env: environmentVariables(environment),
  });
}
