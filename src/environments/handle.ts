import { dirname, join } from 'node:path';
import type { Environment } from './environment.ts';

/** An environment that is up, as a command holds it: one that it started, or one that was there. Disposed of, it goes on. */
export interface EnvironmentHandle extends AsyncDisposable {
  readonly environment: Environment;
  /** Folder for the files of a run. It goes with the environment. */
  readonly run: string;
  /** The command line that runs `command` where the gateway's address can be reached. */
  readonly inside: (command: readonly string[]) => readonly string[];
}

/** An environment that this command started and has to answer for. */
export interface StartedEnvironment extends EnvironmentHandle {
  /** Lets it go on after this process ends. */
  readonly detach: () => Promise<void>;
  /** The command that ends it once it goes on. */
  readonly endedBy: string;
  /** Ends it and removes all it left. */
  readonly remove: () => Promise<void>;
}

/** What the environment adds to the variables of whatever runs inside it. */
export function environmentVariables(environment: Environment): Record<string, string> {
  return {
    ...environment.variables,
    GATEWAY_IP: environment.gateway.address,
    KUBECONFIG: environment.kubeconfig,
    // kubectl keeps what an API server serves by its address, which all local meshes have in common.
    KUBECACHEDIR: join(dirname(environment.caFile), 'kubectl'),
    PATH: pathOf(environment),
    MESHPROOF_CA: environment.caFile,
  };
}

/** The PATH of whatever runs in an environment. */
export const pathOf = ({ bin, path = [] }: Environment): string =>
  [bin, ...path, process.env.PATH ?? ''].filter((folder) => folder !== '').join(':');
