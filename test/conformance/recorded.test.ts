import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CaseRecord } from '../../src/conformance/case-record.ts';
import { expectationOf } from '../../src/conformance/expectation-of.ts';
import { describeMismatch, judge } from '../../src/conformance/judge.ts';
import { suites } from '../../suites/index.ts';
import { flips } from './mutate.ts';

/**
 * The records of the cases that passed in a run on a mesh: `MESHPROOF_RECORDS` is the folder `records` of its results.
 * Every judged field of every one of them is changed, and exactly that mismatch must follow: a field whose change is
 * not seen, or that drags others along, is not judged in truth.
 */
const folder = process.env.MESHPROOF_RECORDS;
const recorded = suites
  .flatMap(({ cases }) => cases)
  .map((each) => ({ each, file: join(folder ?? '', `${each.name}.json`) }))
  .filter(({ file }) => folder !== undefined && existsSync(file));

describe.skipIf(folder === undefined)('records of a run', () => {
  test('there are some', () => {
    expect(recorded.length).toBeGreaterThan(0);
  });

  test.each(recorded.map(({ each, file }) => [each.name, each, file] as const))('%s', (_name, each, file) => {
    const record = JSON.parse(readFileSync(file, 'utf8')) as CaseRecord;
    const expectation = expectationOf(each, record);
    expect(judge(expectation, record).map(describeMismatch)).toEqual([]);
    const all = flips(expectation, record);
    expect(all.length).toBeGreaterThan(0);
    for (const flip of all) {
      const wanted = flip.also === undefined ? [flip] : [flip.also, flip];
      const seen = judge(expectation, flip.record);
      expect(seen.map(describeMismatch)).toHaveLength(wanted.length);
      expect(
        seen.map(({ witness, what }, i) => ({ witness, what: what.slice(0, wanted[i]?.what.length) })),
      ).toEqual(wanted.map(({ witness, what }) => ({ witness, what })));
    }
  });
});
