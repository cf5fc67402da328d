import type { Sabotage } from '../../src/conformance/model.ts';

/** Another text in place of the seed's. */
export const otherText = (name: string, yaml: string, caughtBy: string): Sabotage => ({
  name,
  change: { invocation: { yaml } },
  caughtBy,
});
