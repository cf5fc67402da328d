import type { EnvironmentKind } from '../environments/environment.ts';
import { chooseDaemon } from '../environments/kind/docker.ts';
import { selectEnvironment } from '../environments/select.ts';

/**
 * Says what cannot run here before the rest of a command is loaded, so that the answer comes at once.
 *
 * @throws SetupError that names another environment
 */
export async function refuseEarly(options: { env?: EnvironmentKind; reuse?: boolean }): Promise<void> {
  if (selectEnvironment(options.env) === 'kind' && options.reuse !== true) await chooseDaemon();
}
