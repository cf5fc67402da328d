import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CaseResult } from '../../src/conformance/result.ts';
import { cases } from './inline/cases.ts';

/** The real vitest on a suite in small, in a process of its own: what became of its cases is what a run would report. */
interface InlineRun {
  readonly results: Readonly<Record<string, CaseResult>>;
  readonly states: Readonly<Record<string, string>>;
}

async function runInline(
  mode: 'judge' | 'prove' | 'shuffle',
  names: readonly string[],
  folder: string,
): Promise<InlineRun> {
  const { stdout } = await execa(
    process.execPath,
    [join(import.meta.dirname, 'inline', 'main.ts'), mode, ...names],
    { env: { INLINE_RESULTS: folder, VITEST: undefined, VITEST_POOL_ID: undefined }, reject: false },
  );
  const { results, states } = JSON.parse(stdout.slice(stdout.indexOf('{"results"'))) as {
    results: CaseResult[];
    states: Record<string, string>;
  };
  return { results: Object.fromEntries(results.map((result) => [result.name, result])), states };
}

let results: string;
let judged: InlineRun;
beforeAll(async () => {
  results = await mkdtemp(join(tmpdir(), 'meshproof-inline-'));
  const chosen = cases.map(({ name }) => name).filter((name) => name !== 'inline/not-chosen');
  judged = await runInline('judge', chosen, results);
});
afterAll(() => rm(results, { recursive: true, force: true }));

test('every chosen case ends in an outcome, and no other is registered', () => {
  expect(Object.values(judged.results).map(({ name, outcome }) => [name, outcome])).toEqual(
    expect.arrayContaining([
      ['inline/passes', 'passed'],
      ['inline/passes-alone', 'passed'],
      ['inline/fails', 'failed'],
      ['inline/actions', 'failed'],
      ['inline/lacks-docker', 'skipped'],
      ['inline/refused', 'could-not-run'],
      ['inline/also-refused', 'could-not-run'],
      ['inline/not-applied', 'could-not-run'],
      ['inline/no-collector', 'could-not-run'],
    ]),
  );
  expect(Object.keys(judged.states)).toHaveLength(9);
});

test("in vitest's terms only what passed is green, and what was skipped is skipped", () => {
  expect(judged.states).toMatchObject({
    'inline/passes': 'passed',
    'inline/fails': 'failed',
    'inline/lacks-docker': 'skipped',
    'inline/refused': 'failed',
  });
});

test('calls that actions make are judged by themselves, and missed when they are not made', () => {
  expect(judged.results['inline/actions']?.mismatches).toMatchObject([
    { what: 'messages received (later)', expected: '2', got: '1' },
    { what: 'calls (never)', expected: 'at least 1', got: '0' },
  ]);
});

test('a result says how the case was run', () => {
  expect(judged.results['inline/passes']).toMatchObject({
    row: 'S4',
    environment: 'local',
    configuration: 'good',
    client: 'grpc-js',
    transport: 'h2c',
    rpcKind: 'unary',
    mismatches: [],
  });
});

test('reasons: a refused object is told apart from a configuration that did not arrive', () => {
  expect(judged.results['inline/refused']?.refused).toEqual({
    object: 'VirtualService default/grpc-routing',
    reason: 'spec.http: must not be empty',
  });
  expect(judged.results['inline/not-applied']?.refused).toBeUndefined();
  expect(judged.results['inline/not-applied']?.reason).toBe('the gateway never got it. Look at istiod.');
  expect(judged.results['inline/lacks-docker']?.reason).toBe('the environment has no docker');
  expect(judged.results['inline/no-collector']?.reason).toBe('the collector is gone.');
});

test('a failed case reports all its mismatches and leaves its evidence', async () => {
  const failed = judged.results['inline/fails'];
  expect(failed?.mismatches.map(({ witness, what }) => [witness, what])).toEqual([
    ['client', 'messages received'],
    ['ledger', 'attempts'],
  ]);
  expect(failed?.evidence).toBe('evidence/inline/fails');
  const folder = join(results, failed?.evidence ?? '');
  expect((await readdir(folder)).toSorted()).toEqual([
    'access-log.jsonl',
    'client.json',
    'config_dump.json',
    'configuration.json',
    'diagnoses.json',
    'evidence.json',
    'ledger.json',
    'mismatches.json',
    'pod-logs',
  ]);
  expect(await readdir(join(folder, 'pod-logs'))).toEqual(['default.grpc-service.greeter.log']);
  expect(await readFile(join(folder, 'ledger.json'), 'utf8')).toContain('"deployment": "user-grpc-service"');
  expect(await readdir(join(results, 'evidence', 'inline'))).toEqual(['actions', 'fails']);
});

test('proving: a sabotage that is seen as foretold is green, one that is not is red', async () => {
  const { results: proven, states } = await runInline(
    'prove',
    ['inline/passes', 'inline/fails', 'inline/refused'],
    results,
  );
  expect(proven['inline/passes']?.sabotage).toEqual({
    name: 'wrong status',
    caughtBy: 'grpc-status: expected OK, got ABORTED',
    caught: true,
  });
  expect(proven['inline/fails']?.sabotage?.caught).toBe(false);
  expect(proven['inline/refused']?.sabotage?.caught).toBe(false);
  expect(states).toEqual({
    'inline/passes under wrong status': 'passed',
    'inline/fails under without effect': 'failed',
    'inline/refused under wrong status': 'failed',
  });
});

test('in another order each case has the same outcome', async () => {
  const outcomes = ({ results: of }: InlineRun) =>
    Object.fromEntries(Object.values(of).map(({ name, outcome }) => [name, outcome]));
  const again = await runInline('shuffle', Object.keys(judged.results), results);
  expect(outcomes(again)).toEqual(outcomes(judged));
});
