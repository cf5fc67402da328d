import { existsSync } from 'node:fs';
import { SetupError } from '../errors.ts';
import type { EnvironmentKind } from './environment.ts';

/** Why a local mesh cannot run here, or undefined when it can. */
function localObstacle(): string | undefined {
  if (process.platform !== 'linux') return `it needs Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'it needs root for its namespaces (run it with sudo)';
  if (!existsSync('/proc/self/ns/net')) return 'this kernel has no network namespaces';
  return undefined;
}

/**
 * `local` where it can run, else `kind`.
 *
 * @throws SetupError when `local` is asked for where it cannot run
 */
export function selectEnvironment(asked: EnvironmentKind | undefined): EnvironmentKind {
  if (asked !== undefined && asked !== 'local') return asked;
  const obstacle = localObstacle();
  if (obstacle === undefined) return 'local';
  if (asked === undefined) return 'kind';
  throw new SetupError(`the local environment cannot run here: ${obstacle}`, {
    hint: 'With Docker, use --env kind; with a cluster at hand, --env cluster --kubeconfig FILE.',
  });
}
