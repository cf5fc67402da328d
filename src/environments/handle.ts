import type { Environment } from './environment.ts';

/** An environment that is up, as a command holds it: one that it started, or one that was there. */
export interface EnvironmentHandle {
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
  /** Ends it and removes all it left. */
  readonly remove: () => Promise<void>;
}

/** What the environment adds to the variables of whatever runs inside it. */
export function environmentVariables(environment: Environment): Record<string, string> {
  return {
    ...environment.variables,
    GATEWAY_IP: environment.gateway.address,
    KUBECONFIG: environment.kubeconfig,
    PATH: [environment.bin, ...(environment.path ?? []), process.env.PATH ?? ''].join(':'),
    MESHPROOF_CA: environment.caFile,
  };
}
