import type { Output } from '../cli/output.ts';

/** What every bench gets. */
export interface BenchContext {
  readonly output: Output;
  readonly controller: AbortController;
  /** How often each side is measured; the sides take turns. */
  readonly rounds: number;
  /** Folder of the results file; a bench's pictures go beside it. */
  readonly folder: string;
}

/** One measurement that can be asked for by name, and the one key of bench/results.json that it writes. */
export interface Bench {
  readonly name: string;
  readonly key: string;
  readonly description: string;
  /** How many rounds it makes unless told otherwise. */
  readonly rounds: number;
  /** Its figures, as they go under its key: the ones to be quoted at the top. */
  readonly measure: (context: BenchContext) => Promise<Readonly<Record<string, unknown>>>;
  /** Its figures for people: the main one in the first line. */
  readonly conclude: (figures: Readonly<Record<string, unknown>>) => string;
}
