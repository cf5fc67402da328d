import { EXIT } from '../errors.ts';
import type { Verdict } from '../report/verdict.ts';

/** The exit code of a command that ends with a verdict. */
export const VERDICT_EXIT = {
  conformant: EXIT.conformant,
  'not-conformant': EXIT.notConformant,
  'could-not-run': EXIT.couldNotRun,
} as const satisfies Record<Verdict, number>;
