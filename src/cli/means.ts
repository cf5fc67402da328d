import type { Output } from './output.ts';

/** What commands are made with. */
export interface Means {
  readonly output: Output;
  /** Runs the work of a command, and makes its exit code of what it returns or throws. */
  readonly execute: (work: (controller: AbortController) => Promise<number>) => Promise<void>;
  /** Of meshproof. */
  readonly version: string;
}
