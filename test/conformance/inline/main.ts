import { startVitest } from 'vitest/node';
import { planProof } from '../../../src/conformance/plan.ts';
import type { CaseResult } from '../../../src/conformance/result.ts';
import { cases as inline } from './cases.ts';

/** Runs the inline suite by vitest and prints what became of each case, as JSON: `main.ts judge|prove|shuffle CASE...`. */
const [mode, ...cases] = process.argv.slice(2);
const results: CaseResult[] = [];
const states: Record<string, string> = {};
const vitest = await startVitest([], {
  root: import.meta.dirname,
  config: false,
  watch: false,
  include: ['inline.suite.ts'],
  setupFiles: ['./setup.ts'],
  provide: {
    meshproof: {
      environment: 'local',
      tapped: false,
      cases,
      ...(mode === 'prove' && { prove: planProof(inline, false) }),
      ...(mode === 'shuffle' && { shuffle: 7 }),
    },
  },
  reporters: [
    {
      onTestCaseResult: (test) => {
        states[test.name] = test.result().state;
        const result = test.meta().meshproof;
        if (result !== undefined) results.push(result);
      },
    },
  ],
});
await vitest.close();
process.stdout.write(JSON.stringify({ results, states }));
