import { expect, test } from 'vitest';
import { confusionMatrix, isRight, judgeDiagnoses } from '../../src/conformance/diagnosed.ts';
import type { CaseResult } from '../../src/conformance/result.ts';
import type { Cause } from '../../src/diagnosis/causes.ts';

const result = (sabotage: string, cause?: Cause): CaseResult => ({
  name: 'a/case',
  row: 'S6',
  title: '',
  environment: 'local',
  configuration: 'retries',
  client: 'grpc-js',
  outcome: 'failed',
  durationMs: 1,
  mismatches: [],
  sabotage: { name: sabotage, caughtBy: '', caught: true },
  ...(cause === undefined ? {} : { diagnoses: [{ cause, confidence: 'certain', summary: '', because: [] }] }),
});
const foretold = (_row: string, sabotage: string): readonly Cause[] =>
  sabotage === 'off' ? ['retries-off'] : sabotage === 'either' ? ['route-timeout', 'per-try-timeout'] : [];

test('given against foretold', () => {
  const judged = judgeDiagnoses(
    [
      result('off', 'retries-off'),
      result('off', 'backend-answered'),
      result('off'),
      result('either', 'per-try-timeout'),
      result('unheard of', 'retries-off'),
    ],
    foretold,
  );
  expect(judged.map(isRight)).toEqual([true, false, false, true, false]);
  expect(confusionMatrix(judged)).toEqual([
    { foretold: 'nothing', given: 'retries-off', count: 1 },
    { foretold: 'per-try-timeout', given: 'per-try-timeout', count: 1 },
    { foretold: 'retries-off', given: 'backend-answered', count: 1 },
    { foretold: 'retries-off', given: 'none', count: 1 },
    { foretold: 'retries-off', given: 'retries-off', count: 1 },
  ]);
});
